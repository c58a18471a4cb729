import Messaging
import Pipeline
import StowageContract
import TestSupport
import Testing

@Suite("Topology, the first look", .timeLimit(.minutes(1)))
struct TopologyPreparationTests {
    private let clock = ManualClock()
    private let log = RecordingLogSink()
    private let server: InMemoryServer
    private let broker: InMemoryBroker
    private let topology = Topology(
        prefix: "p", drivers: [DriverName("archive")!], levels: [RetryLevel(name: "5s", milliseconds: 5000)])

    init() throws {
        server = InMemoryServer(time: clock.time)
        broker = InMemoryBroker(server: server)
        for item in topology.items { try server.declare(item) }
    }

    private func prepare() async throws {
        try await TopologyPreparation(time: clock.time, logger: log.logger).run(on: broker) {
            () async throws(TopologyIncomplete) in try await topology.verifyForWorker(on: broker)
        }
    }

    @Test("a queue that the broker has not found again is waited for")
    func starting() async throws {
        server.withdrawQueue("p.control")
        async let prepared: Void = prepare()
        for wait: Duration in [.milliseconds(100), .milliseconds(200), .milliseconds(400)] {
            await clock.waitForSleepers(1)
            #expect(clock.remaining == [wait])
            clock.advance(by: wait)
        }
        await clock.waitForSleepers(1)
        server.restoreQueue("p.control")
        clock.advance(by: .milliseconds(800))
        try await prepared
        #expect(log.messages == Array(repeating: "the broker cannot serve the topology yet", count: 4))
    }

    @Test("a broker that is not there is waited for, and so is one that goes in between")
    func absent() async throws {
        broker.disconnect()
        async let prepared: Void = prepare()
        server.withdrawQueue("p.tasks.archive")
        broker.reconnect()
        await clock.waitForSleepers(1)
        broker.disconnect()
        clock.advance(by: .milliseconds(100))
        server.restoreQueue("p.tasks.archive")
        broker.reconnect()
        try await prepared
    }

    @Test("what is missing is said at once, and so is a broker that was closed")
    func missing() async throws {
        server.deleteQueue("p.control")
        let missing = await #expect(throws: TopologyIncomplete.self) { try await prepare() }
        #expect(missing?.description == "queue p.control does not exist: run `stowage topology declare`")
        broker.disconnect()
        let waiting = Task { try await prepare() }
        await broker.close()
        let closed = await #expect(throws: BrokerError.self) { try await waiting.value }
        #expect(closed?.kind == .closed)
    }

    @Test("whoever waits can be told to stop")
    func cancelled() async throws {
        server.withdrawQueue("p.control")
        let waiting = Task { try await prepare() }
        await clock.waitForSleepers(1)
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
    }
}
