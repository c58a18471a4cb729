import ServiceRuntime
@testable import Storage
import StowageContract
import TestSupport
import Testing

@Suite("The retry of blips", .timeLimit(.minutes(1)))
struct RetryInterceptorTests {
    private let clock = ManualClock()

    @Test("makes a replayable call again after 20 and after 200 milliseconds")
    func waits() async throws {
        let calls = Watched(0)
        async let answer = run { () async throws(StorageError) in
            let number = calls.change {
                $0 += 1; return $0
            }
            if number < 3 { throw StorageError.blip() }
            return number
        }
        for milliseconds in [20, 200] {
            await clock.waitForSleepers()
            #expect(clock.remaining == [.milliseconds(milliseconds)])
            clock.advance(by: .milliseconds(milliseconds))
        }
        #expect(try await answer == 3)
    }

    @Test("gives up after three attempts, and says that trying was exhausted")
    func exhausted() async throws {
        let calls = Watched(0)
        async let error = failing(calls, .blip(isAmbiguous: true))
        await turn(times: 2)
        let thrown = try await error
        #expect(thrown.retry == .exhausted)
        #expect(thrown.isAmbiguous)
        #expect(thrown.code == .unavailable)
        #expect(calls.value == 3)
    }

    @Test(
        "passes on at once what is no blip",
        arguments: [
            .verdict(), .verdict(.conflict), .blip(.cancelled), .blip(.outOfSpace), .blip(after: .seconds(2)),
            StorageError(.unavailable, .exhausted, "tried before"),
        ] as [StorageError])
    func noBlip(error: StorageError) async throws {
        let calls = Watched(0)
        let thrown = try await failing(calls, error)
        #expect(thrown.retry == error.retry)
        #expect(calls.value == 1)
    }

    @Test("never repeats a call that cannot be made again")
    func streams() async throws {
        let calls = Watched(0)
        let thrown = try await failing(calls, .blip(), isReplayable: false)
        #expect(thrown.retry == .transient(after: nil))
        #expect(calls.value == 1)
    }

    @Test("waits as long as the store asks for, up to a second, and keeps what it asked for")
    func honoursAfter() async throws {
        let calls = Watched(0)
        async let error = failing(calls, .blip(.rateLimited, after: .milliseconds(900)))
        for _ in 0..<2 {
            await clock.waitForSleepers()
            #expect(clock.remaining == [.milliseconds(900)])
            clock.advance(by: .milliseconds(900))
        }
        #expect(try await error.retry == .transient(after: .milliseconds(900)))
        #expect(calls.value == 3)
    }

    @Test("stops when the task is cancelled while it waits")
    func cancellation() async throws {
        let calls = Watched(0)
        let task = Task { try await failing(calls, .blip()) }
        await clock.waitForSleepers()
        task.cancel()
        #expect(try await task.value.code == .cancelled)
        #expect(calls.value == 1)
    }

    private func turn(times: Int) async {
        for _ in 0..<times {
            await clock.waitForSleepers()
            clock.advance(by: .seconds(1))
        }
    }

    private func run<Value: Sendable>(
        isReplayable: Bool = true, _ body: @Sendable () async throws(StorageError) -> Value
    ) async throws -> Value {
        let call = StorageCall(kind: .stat, driver: try #require(DriverName("archive")), isReplayable: isReplayable)
        return try await RetryInterceptor(time: clock.time).intercept(call, body)
    }

    private func failing(
        _ calls: Watched<Int>, _ error: StorageError, isReplayable: Bool = true
    ) async throws -> StorageError {
        do {
            try await run(isReplayable: isReplayable) { () async throws(StorageError) in
                calls.change { $0 += 1 }
                throw error
            }
        } catch let error as StorageError {
            return error
        }
        throw MissingFailure()
    }
}
