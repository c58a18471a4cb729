import ServiceRuntime
import Testing
import TestSupport

@Suite("ShutdownSignal", .timeLimit(.minutes(1)))
struct ShutdownSignalTests {
    @Test("A request wakes everybody who waits")
    func wakesAll() async {
        let shutdown = ShutdownSignal()
        let started = Watched(0)
        await withTaskGroup { group in
            for _ in 0..<20 {
                group.addTask {
                    started.change { $0 += 1 }
                    await shutdown.requested()
                }
            }
            await started.first { $0 == 20 }
            #expect(!shutdown.isRequested)
            shutdown.request()
        }
        #expect(shutdown.isRequested)
    }

    @Test("Who comes after the request does not wait")
    func late() async {
        let shutdown = ShutdownSignal()
        shutdown.request()
        shutdown.request()
        await shutdown.requested()
        #expect(shutdown.isRequested)
    }

    @Test("A cancelled task stops waiting")
    func cancelled() async {
        let shutdown = ShutdownSignal()
        let task = Task { await shutdown.requested() }
        task.cancel()
        await task.value
        #expect(!shutdown.isRequested)
    }

    @Test("cancelling gives the value of a body that ends first")
    func endsFirst() async throws {
        #expect(try await ShutdownSignal().cancelling { 7 } == 7)
    }

    @Test("cancelling cancels a body that still runs at the request")
    func cancelsBody() async throws {
        let shutdown = ShutdownSignal()
        let clock = ManualClock()
        let outcome = Task { try await shutdown.cancelling { try await clock.time.sleep(.seconds(60)) } }
        await clock.waitForSleepers()
        shutdown.request()
        await #expect(throws: CancellationError.self) { try await outcome.value }
    }

    @Test("cancelling returns what the body makes of its cancellation")
    func bodyAnswersCancellation() async throws {
        let shutdown = ShutdownSignal()
        let clock = ManualClock()
        async let outcome = shutdown.cancelling {
            try? await clock.time.sleep(.seconds(60))
            return "closed"
        }
        await clock.waitForSleepers()
        shutdown.request()
        #expect(try await outcome == "closed")
    }
}
