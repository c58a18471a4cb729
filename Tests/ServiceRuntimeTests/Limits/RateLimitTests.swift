import ServiceRuntime
import Testing
import TestSupport

@Suite("RateLimit", .timeLimit(.minutes(1)))
struct RateLimitTests {
    let clock = ManualClock()

    @Test("A rested bucket lets its burst through at once")
    func burst() async throws {
        let limit = RateLimit(perSecond: 10, burst: 3, time: clock.time)
        for _ in 0..<3 { try await limit.acquire() }
        #expect(!limit.tryAcquire())
        clock.advance(by: .milliseconds(100))
        #expect(limit.tryAcquire())
        #expect(!limit.tryAcquire())
    }

    @Test("A long rest does not save up more than the burst")
    func rest() {
        let limit = RateLimit(perSecond: 10, burst: 3, time: clock.time)
        clock.advance(by: .seconds(3600))
        #expect((0..<10).count { _ in limit.tryAcquire() } == 3)
    }

    @Test("Waiters are let through one interval apart")
    func spacing() async throws {
        let limit = RateLimit(perSecond: 4, time: clock.time)
        let passed = Watched(0)
        try await limit.acquire()
        try await withThrowingTaskGroup { group in
            for _ in 0..<4 {
                group.addTask {
                    try await limit.acquire()
                    passed.change { $0 += 1 }
                }
            }
            await clock.waitForSleepers(4)
            #expect(clock.remaining == [250, 500, 750, 1000].map { .milliseconds($0) })
            for count in 1...4 {
                clock.advance(by: .milliseconds(250))
                #expect(await passed.first { $0 >= count } == count)
            }
            try await group.waitForAll()
        }
    }

    @Test("A cancelled waiter gives its token back")
    func cancellation() async throws {
        let limit = RateLimit(perSecond: 1, time: clock.time)
        try await limit.acquire()
        let waiter = Task { try await limit.acquire() }
        await clock.waitForSleepers()
        waiter.cancel()
        await #expect(throws: CancellationError.self) { try await waiter.value }
        clock.advance(by: .seconds(1))
        #expect(limit.tryAcquire())
    }
}
