import Messaging
import Pipeline
import StowageContract
import StrictCoding
import TestSupport
import Testing

@testable import StowageKit

@Suite("Commands that tell workers something", .timeLimit(.minutes(1)))
struct ControlCommandTests {
    private func said(_ bench: CommandBench) throws -> [ControlMessage] {
        try bench.server.messages(in: "stowage.control").map { message in
            #expect(message.properties.userID == "operator")
            #expect(message.properties.isPersistent && message.properties.timestamp != nil)
            return try ControlMessage.read(body: message.body)
        }
    }

    @Test("cancel sends each id once and says so")
    func cancel() async throws {
        let bench = try CommandBench()
        let output = await bench.run("cancel", "t-1", "t-2", "t-1")
        #expect(output.code == .done)
        #expect(output.out == "asked the workers to cancel t-1\nasked the workers to cancel t-2\n")
        #expect(try said(bench) == ["t-1", "t-2"].compactMap { TaskID($0) }.map { .cancel($0) })
        let json = await bench.run("cancel", "t-3", "--json")
        #expect(json.json.first?["outcome"] == "sent")
    }

    @Test(
        "pause, resume and drain name drivers and a worker, or all of them",
        arguments: ConsumptionCommand.allCases)
    func consumption(command: ConsumptionCommand) async throws {
        let bench = try CommandBench()
        #expect(await bench.run(command.rawValue).out == "asked all workers to \(command.rawValue) all drivers\n")
        #expect(await bench.run(command.rawValue, "archive", "other", "--worker", "w-1").code == .done)
        #expect(
            try said(bench) == [
                .consumption(command, driver: nil, worker: nil),
                .consumption(command, driver: DriverName("archive"), worker: "w-1"),
                .consumption(command, driver: DriverName("other"), worker: "w-1"),
            ])
    }

    @Test(
        "what cannot be meant is refused before anything is sent",
        arguments: [
            ["cancel"], ["cancel", "a/b"], ["pause", "All"], ["drain", "--worker", ""], ["cancel", "a", "--by"],
        ])
    func refused(line: [String]) async throws {
        let bench = try CommandBench()
        #expect(await bench.run(line).code == .usage)
        #expect(try said(bench).isEmpty)
    }

    @Test("without a queue that keeps it, it was not said")
    func noStream() async throws {
        let bench = try CommandBench()
        bench.server.deleteQueue("stowage.control")
        let output = await bench.run("cancel", "t-1")
        #expect(output.code == .usage)
        #expect(output.err.contains("stowage topology declare"))
    }

    private func event(_ happening: TaskEvent.Happening, _ task: String) -> TaskEvent {
        TaskEvent(
            id: "\(task)/x", source: "/stowage/stowage", time: Timestamp(millisecondsSinceEpoch: 1000), task: task,
            operation: .store, driver: DriverName("archive"), attempt: 1, worker: "w", sequence: 1,
            happening: happening)
    }

    /// Runs `cancel --wait` and publishes these events once the message is there.
    private func cancel(_ line: [String], _ events: [TaskEvent]) async throws -> CommandBench.Output {
        let bench = try CommandBench()
        async let output = bench.run(line)
        #expect(try await eventually { try said(bench).count == 2 })
        let worker = InMemoryBroker(server: bench.server, user: "worker")
        for event in events {
            _ = try await worker.publish(
                OutgoingMessage(
                    exchange: "stowage.events", routingKey: event.routingKey, properties: MessageProperties(),
                    body: event.encoded()))
        }
        if events.count < 2 { try await bench.pass(.seconds(60)) }
        return await output
    }

    @Test("with --wait it follows each to its end")
    func wait() async throws {
        let output = try await cancel(
            ["cancel", "t-1", "t-2", "--wait"],
            [event(.cancelled(by: "operator"), "t-2"), event(.cancelled(by: nil), "t-1")])
        #expect(output.code == .done)
        #expect(output.out == "cancelled t-2\ncancelled t-1\n")
    }

    @Test("a task that ended otherwise gives 1, one that does not end 4")
    func otherEnds() async throws {
        let failed = event(Happenings.failed(.notFound, "gone"), "t-2")
        let output = try await cancel(["cancel", "t-1", "t-2", "--wait"], [event(.cancelled(by: nil), "t-1"), failed])
        #expect(output.code == .taskFailed)
        #expect(output.err.contains("task t-2 had failed already: not-found: gone."))
        let late = try await cancel(["cancel", "t-1", "t-2", "-w"], [event(.cancelled(by: nil), "t-1")])
        #expect(late.code == .timedOut)
        #expect(late.err.contains("task t-2 has not ended within 60 s"))
    }
}
