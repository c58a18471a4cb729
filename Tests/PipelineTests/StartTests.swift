import Messaging
import Pipeline
import ServiceRuntime
import StowageContract
import TestSupport
import Testing

@Suite("Starting to consume", .timeLimit(.minutes(1)))
struct StartTests {
    @Test("a worker that cannot consume everything holds nothing, and can begin anew")
    func incomplete() async throws {
        let harness = try await PipelineHarness()
        harness.server.deleteQueue("stowage.undertaker")
        for number in 0..<3 { try await harness.store("t-\(number)") }
        let error = await #expect(throws: BrokerError.self) { try await harness.work() }
        #expect(error?.kind == .notFound)
        #expect(harness.server.unsettledCount == 0)
        #expect(harness.waiting(in: "stowage.tasks.a").count == 3)
        try harness.server.declare(.queue(name: "stowage.undertaker", arguments: ["x-queue-type": .string("quorum")]))
        try await harness.whileWorking {
            for _ in 0..<3 {
                let event = try await harness.event()
                #expect(event.summary == "succeeded")
            }
        }
        #expect(harness.waiting(in: "stowage.tasks.a").isEmpty)
    }

    @Test("a worker that waits to consume ends when it is told to, and holds nothing")
    func waiting() async throws {
        let harness = try await PipelineHarness(withholding: ["stowage.tasks.b"])
        try await harness.store("t-1")
        async let ended: Void = harness.work()
        await harness.hesitant.isAwaited.requested()
        harness.shutdown.request()
        try await ended
        #expect(harness.server.unsettledCount == 0)
        #expect(harness.waiting(in: "stowage.tasks.a").count == 1)
    }

    @Test("a queue that a paused worker was to consume again does not keep it from ending")
    func resumed() async throws {
        let harness = try await PipelineHarness(withholding: ["stowage.tasks.a"])
        let driver = DriverName("a")
        func say(_ command: ConsumptionCommand) {
            let now = Timestamp(millisecondsSinceEpoch: harness.clock.time.millisecondsSinceEpoch)
            let message = ControlMessage.consumption(command, driver: driver, worker: nil)
            harness.control.apply(ControlOrder(message, sentAt: now), now: now)
        }
        say(.pause)
        async let ended: Void = harness.work()
        _ = await harness.log.line("worker consumes")
        say(.resume)
        await harness.hesitant.isAwaited.requested()
        harness.shutdown.request()
        try await ended
    }
}
