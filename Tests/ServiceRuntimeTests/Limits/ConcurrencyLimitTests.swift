import ServiceRuntime
import Testing
import TestSupport

@Suite("ConcurrencyLimit", .timeLimit(.minutes(1)))
struct ConcurrencyLimitTests {
    /// Starts a task that takes a permit, notes its number, and holds it until told.
    private func hold(
        _ limit: ConcurrencyLimit, _ number: Int, _ admitted: Watched<[Int]>, until release: ShutdownSignal
    ) -> Task<Void, any Error> {
        Task {
            try await limit.withPermit {
                admitted.change { $0.append(number) }
                await release.requested()
            }
        }
    }

    @Test("Waiters are admitted in the order in which they came")
    func order() async throws {
        let limit = ConcurrencyLimit(1)
        let admitted = Watched<[Int]>([])
        var permit: Permit? = try await limit.acquire()
        var tasks: [Task<Void, any Error>] = []
        let release = ShutdownSignal()
        release.request()
        for number in 0..<50 {
            tasks.append(hold(limit, number, admitted, until: release))
            _ = try await eventually { limit.waiting == number + 1 }
        }
        #expect(admitted.value.isEmpty)
        permit = nil
        for task in tasks { try await task.value }
        #expect(admitted.value == Array(0..<50))
        #expect(limit.inUse == 0)
        if permit != nil { Issue.record("the permit is still there") }
    }

    @Test("Never more than the limit at once, and all get through")
    func bound() async throws {
        let limit = ConcurrencyLimit(4)
        let running = Watched((now: 0, most: 0, all: 0))
        try await withThrowingTaskGroup { group in
            for _ in 0..<500 {
                group.addTask {
                    try await limit.withPermit {
                        running.change {
                            $0.now += 1
                            $0.most = max($0.most, $0.now)
                        }
                        await Task.yield()
                        running.change {
                            $0.now -= 1
                            $0.all += 1
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(running.value.all == 500)
        #expect((1...4).contains(running.value.most))
        #expect(limit.inUse == 0)
        #expect(limit.waiting == 0)
    }

    @Test("A cancelled waiter leaves the queue without taking a permit with it")
    func cancellation() async throws {
        let limit = ConcurrencyLimit(1)
        let permit = try await limit.acquire()
        let waiter = Task { try await limit.withPermit {} }
        _ = try await eventually { limit.waiting == 1 }
        waiter.cancel()
        await #expect(throws: CancellationError.self) { try await waiter.value }
        #expect(limit.waiting == 0)
        permit.release()
        #expect(limit.inUse == 0)
        try await limit.withPermit { #expect(limit.inUse == 1) }
    }

    @Test("A task that is cancelled already does not wait")
    func cancelledBefore() async throws {
        let limit = ConcurrencyLimit(1)
        let permit = try await limit.acquire()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await limit.withPermit {}
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        permit.release()
        #expect(limit.inUse == 0)
    }

    @Test("Cancellations among many waiters lose no permit")
    func cancellationStorm() async throws {
        let limit = ConcurrencyLimit(3)
        let tasks = (0..<600).map { number in
            Task {
                try await limit.withPermit { await Task.yield() }
                return number
            }
        }
        for task in tasks where Bool.random() { task.cancel() }
        for task in tasks { _ = await task.result }
        #expect(limit.inUse == 0)
        #expect(limit.waiting == 0)
        var permits: [Bool] = []
        let first = limit.tryAcquire()
        let second = limit.tryAcquire()
        let third = limit.tryAcquire()
        let fourth = limit.tryAcquire()
        permits = [first != nil, second != nil, third != nil, fourth != nil]
        #expect(permits == [true, true, true, false])
    }

    @Test("A permit comes back when the body throws")
    func throwingBody() async {
        struct Broken: Error {}
        let limit = ConcurrencyLimit(1)
        await #expect(throws: Broken.self) { try await limit.withPermit { throw Broken() } }
        #expect(limit.inUse == 0)
    }

    @Test("A higher limit admits waiters; a lower one admits nobody until enough is given back")
    func resizing() async throws {
        let limit = ConcurrencyLimit(1)
        let admitted = Watched<[Int]>([])
        let release = (0..<4).map { _ in ShutdownSignal() }
        var tasks: [Task<Void, any Error>] = []
        for number in 0..<4 {
            tasks.append(hold(limit, number, admitted, until: release[number]))
            _ = try await eventually { limit.waiting + limit.inUse == number + 1 }
        }
        limit.limit = 3
        await admitted.first { $0.count == 3 }
        #expect(limit.waiting == 1)
        limit.limit = 1
        release[0].request()
        try await tasks[0].value
        release[1].request()
        try await tasks[1].value
        #expect(limit.inUse == 1)
        #expect(limit.waiting == 1)
        release[2].request()
        #expect(await admitted.first { $0.count == 4 }.sorted() == [0, 1, 2, 3])
        release[3].request()
        for task in tasks { try await task.value }
        #expect(limit.inUse == 0)
    }
}
