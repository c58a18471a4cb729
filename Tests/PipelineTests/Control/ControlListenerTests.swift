import Messaging
import Observability
import Pipeline
import ServiceRuntime
import StowageContract
import TestSupport
import Testing

@Suite("ControlListener", .timeLimit(.minutes(1)))
struct ControlListenerTests {
    private let clock = ManualClock()
    private let server: InMemoryServer
    private let names = TopologyNames(prefix: "stowage")
    private let board: ControlBoard
    private let log = RecordingLogSink()
    private let metrics = MetricsRegistry()
    private let listener: ControlListener
    private let driver: DriverName

    init() throws {
        server = InMemoryServer(time: clock.time)
        driver = try #require(DriverName("a"))
        for item in Topology(prefix: "stowage", drivers: [driver], levels: []).items { try server.declare(item) }
        board = ControlBoard(worker: "w-1", drivers: [driver])
        listener = ControlListener(
            configuration: PipelineConfiguration(
                names: names, worker: "w-1", retry: RetryPolicy(levels: PipelineHarness.levels), drivers: [driver]),
            broker: InMemoryBroker(server: server, user: "worker"), board: board, time: clock.time, logger: log.logger,
            metrics: metrics)
    }

    private func say(_ body: String, user: String? = "operator") async throws {
        var properties = MessageProperties()
        properties.userID = user
        _ = try await InMemoryBroker(server: server, user: "operator").publish(
            OutgoingMessage(
                exchange: names.control, routingKey: "", isMandatory: true, properties: properties,
                body: Array(body.utf8)))
    }

    private func whileListening(_ body: () async throws -> Void) async throws {
        let running = Task { [listener] in try await listener.run() }
        do { try await body() } catch {
            running.cancel()
            throw error
        }
        running.cancel()
        _ = await running.result
    }

    private var cancelled: String? {
        board.cancellation(
            of: TaskID("t-1")!, now: Timestamp(millisecondsSinceEpoch: clock.time.millisecondsSinceEpoch))?.by
    }

    private func count(_ name: String) -> Int64 {
        metrics.snapshot().filter { $0.name.name == name }.reduce(0) { $0 + $1.value }
    }

    @Test("what the stream holds is known before the board says that it was read")
    func backlog() async throws {
        for number in 0..<600 { try await say(#"{"command":"cancel","task":"x-\#(number)"}"#) }
        try await say(#"{"command":"pause","driver":"a"}"#)
        try await say(#"{"command":"cancel","task":"t-1"}"#)
        try await whileListening {
            await board.read()
            #expect(cancelled == "operator")
            #expect(board.check { $0.hold(on: driver) == .paused && $0.cancellationCount == 601 })
            try await say(#"{"command":"resume"}"#)
            await board.wait { $0.hold(on: driver) == nil }
        }
    }

    @Test("an empty stream is read once it had the time to say something")
    func empty() async throws {
        try await whileListening {
            await clock.waitForSleepers()
            #expect(clock.remaining.first == ControlListener.patience)
            #expect(log.messages.contains("control messages read") == false)
            clock.advance(by: ControlListener.patience)
            await board.read()
            try await say(#"{"command":"pause"}"#)
            await board.wait { $0.hold(on: driver) == .paused }
        }
    }

    @Test("what is no control message is logged, counted and skipped")
    func refused() async throws {
        let huge = #"{"command":"cancel","task":""# + String(repeating: "x", count: 5000) + #""}"#
        for body in ["", "[", #"{"command":"explode"}"#, #"{"command":"cancel","task":"t-1","force":true}"#, huge] {
            try await say(body)
        }
        try await say(#"{"command":"cancel","task":"t-1"}"#, user: nil)
        try await whileListening {
            await board.read()
            #expect(board.check { $0.cancellationCount == 1 })
            #expect(log.messages.count { $0 == "control message refused" } == 5)
            #expect(count("stowage_control_refused_total") == 5)
            #expect(count("stowage_control_messages_total") == 1)
        }
    }

    @Test("a message that says it comes from the future or long ago is taken as of now, or not at all")
    func times() throws {
        let now = Timestamp(millisecondsSinceEpoch: clock.time.millisecondsSinceEpoch)
        func sentAt(_ timestamp: Int64?) throws -> Int64 {
            var properties = MessageProperties()
            properties.timestamp = timestamp
            let delivery = Delivery(
                queue: "q", exchange: "e", routingKey: "", isRedelivered: false, properties: properties,
                body: .complete(Array(#"{"command":"resume"}"#.utf8)),
                tag: DeliveryTag(generation: 1, channel: 1, number: 1))
            return try ControlOrder(delivery, now: now).sentAt.millisecondsSinceEpoch
        }
        #expect(try sentAt(nil) == now.millisecondsSinceEpoch)
        #expect(try sentAt(.max) == now.millisecondsSinceEpoch)
        #expect(try sentAt(.min) == 0)
        #expect(try sentAt(1000) == 1_000_000)
    }

    @Test("a missing stream is an error of its own")
    func missing() async throws {
        server.deleteQueue(names.control)
        await #expect(throws: BrokerError.self) { try await listener.run() }
    }
}
