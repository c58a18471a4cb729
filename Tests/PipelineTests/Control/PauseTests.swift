import Messaging
import Observability
import Pipeline
import ServiceRuntime
import StowageContract
import TestSupport
import Testing

@Suite("Pausing and draining", .timeLimit(.minutes(1)))
struct PauseTests {
    private func order(_ command: ConsumptionCommand, _ driver: String?, _ harness: PipelineHarness) {
        let now = Timestamp(millisecondsSinceEpoch: harness.clock.time.millisecondsSinceEpoch)
        let message = ControlMessage.consumption(command, driver: driver.flatMap { DriverName($0) }, worker: nil)
        harness.control.apply(ControlOrder(message, sentAt: now), now: now)
    }

    @Test("a paused driver takes nothing from the start on, another goes on, and resume ends it")
    func pause() async throws {
        let harness = try await PipelineHarness()
        order(.pause, "a", harness)
        try await harness.whileWorking {
            try await harness.store("t-1", on: "a")
            try await harness.store("t-2", on: "b")
            #expect(try await harness.event().id == "t-2/succeeded")
            #expect(harness.waiting(in: "stowage.tasks.a").count == 1)
            order(.resume, nil, harness)
            #expect(try await harness.event().id == "t-1/succeeded")
        }
    }

    @Test("what runs goes on, and resume does not wait for it")
    func running() async throws {
        let harness = try await PipelineHarness()
        let script = try #require(harness.scripts["a"])
        script.closeGate()
        try await harness.whileWorking {
            try await harness.store("t-1")
            await script.writesBegun(1)
            order(.pause, "a", harness)
            _ = await harness.log.line("queue is not consumed any more")
            try await harness.store("t-2")
            #expect(harness.waiting(in: "stowage.tasks.a").count == 1)
            order(.resume, "a", harness)
            await script.writesBegun(2)
            script.openGate()
            #expect(
                Set([try await harness.event().id, try await harness.event().id]) == [
                    "t-1/succeeded", "t-2/succeeded",
                ])
        }
        // What was not settled would come back now.
        await harness.broker.close()
        #expect(harness.waiting(in: "stowage.tasks.a").isEmpty)
    }

    @Test("a drained worker says so when the last task has ended, buries nobody, and can be brought back")
    func drain() async throws {
        let harness = try await PipelineHarness()
        let script = try #require(harness.scripts["a"])
        script.closeGate()
        try await harness.whileWorking {
            try await harness.store("t-1")
            await script.writesBegun(1)
            order(.drain, nil, harness)
            _ = await harness.log.line("driver drained")
            #expect(harness.log.lines.filter { $0.message == "driver drained" }.map { $0["driver.name"] } == ["b"])
            #expect(!harness.log.messages.contains("worker drained: nothing runs and nothing is consumed"))
            script.openGate()
            #expect(try await harness.event().id == "t-1/succeeded")
            _ = await harness.log.line("worker drained: nothing runs and nothing is consumed")
            try await harness.send("{}", key: "ghost.store") { $0.messageID = "t-2" }
            #expect(harness.waiting(in: "stowage.undertaker").count == 1)
            order(.resume, nil, harness)
            #expect(try await harness.event().id == "t-2/failed")
        }
    }

    @Test("a worker that holds everything ends at once when it is asked to")
    func shutdown() async throws {
        let harness = try await PipelineHarness()
        order(.drain, nil, harness)
        try await harness.whileWorking {
            _ = await harness.log.line("worker consumes")
        }
    }
}
