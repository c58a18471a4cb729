import Foundation
import Messaging
import Observability
import ServiceRuntime
import Synchronization
import TestSupport
import Testing

/// The brokers that pass the suite.
enum BrokerKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case inMemory
    case rabbitMQ

    var testDescription: String { rawValue }
}

/// A broker with what its administrator can do to it.
struct BrokerUnderTest: Sendable {
    let kind: BrokerKind
    let broker: any MessageBroker
    /// Another connection, of the same user.
    let other: any MessageBroker
    let log: RecordingLogSink
    /// In front of every name, so that tests do not meet on one server.
    let prefix: String
    private let memory: InMemoryServer?
    let rabbit: RabbitMQServer?

    /// Runs `body` with a broker of that kind; both connections are closed afterwards.
    static func with(
        _ kind: BrokerKind, _ body: (BrokerUnderTest) async throws -> Void
    ) async throws {
        let prefix = "t\(UInt32.random(in: 0 ... .max))."
        let log = RecordingLogSink()
        switch kind {
        case .inMemory:
            let server = InMemoryServer(time: .system)
            let test = BrokerUnderTest(
                kind: kind, broker: InMemoryBroker(server: server), other: InMemoryBroker(server: server), log: log,
                prefix: prefix, memory: server, rabbit: nil)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await server.run() }
                defer { group.cancelAll() }
                try await test.run(body)
            }
        case .rabbitMQ:
            let server = try RabbitMQServer.shared()
            let test = BrokerUnderTest(
                kind: kind, broker: try AMQPBroker.connecting(to: server, log: log),
                other: try AMQPBroker.connecting(to: server, log: log), log: log, prefix: prefix, memory: nil,
                rabbit: server)
            try await test.run(body)
        }
    }

    private func run(_ body: (BrokerUnderTest) async throws -> Void) async throws {
        do {
            try await broker.waitUntilUp()
            try await other.waitUntilUp()
            try await body(self)
        } catch {
            await close()
            throw error
        }
        await close()
    }

    private func close() async {
        await broker.close()
        await other.close()
    }

    func name(_ name: String) -> String { prefix + name }

    /// The connections of `broker` are lost and made again.
    func dropConnections() async throws {
        switch kind {
        case .inMemory: (broker as? InMemoryBroker)?.dropConnection()
        case .rabbitMQ:
            let states = broker.states
            try rabbit?.control("close_all_connections", "test")
            // Lost first, then up again.
            for await state in states { if case .disconnected = state { break } }
            try await broker.waitUntilUp()
        }
    }

    /// Publishing waits from now on, as for lack of memory.
    func block() throws {
        memory?.block(reason: "memory")
        try rabbit?.control("set_vm_memory_high_watermark", "absolute", "1MB")
    }

    func unblock() throws {
        memory?.unblock()
        try rabbit?.control("set_vm_memory_high_watermark", "0.4")
    }

    func deleteQueue(_ name: String) throws {
        memory?.deleteQueue(name)
        try rabbit?.control("delete_queue", name)
    }

    /// The queue exists, and cannot be reached until `restoreQueue(_:)`.
    func withdrawQueue(_ name: String) throws {
        memory?.withdrawQueue(name)
        try rabbit?.withdrawQueue(name)
    }

    func restoreQueue(_ name: String) throws {
        memory?.restoreQueue(name)
        try rabbit?.restoreQueue(name)
    }

    /// A durable quorum queue bound to nothing but the default exchange.
    func makeQueue(_ suffix: String, _ arguments: FieldTable = [:]) async throws -> String {
        let name = name(suffix)
        var arguments = arguments
        arguments["x-queue-type"] = .string("quorum")
        try await broker.declare(.queue(name: name, arguments: arguments), passive: false)
        return name
    }

    func makeExchange(
        _ suffix: String, _ kind: TopologyItem.ExchangeKind, _ arguments: FieldTable = [:]
    ) async throws -> String {
        let name = name(suffix)
        try await broker.declare(.exchange(name: name, kind: kind, arguments: arguments), passive: false)
        return name
    }

    func bind(_ queue: String, to exchange: String, _ key: String = "") async throws {
        let binding = TopologyItem.Binding(exchange: exchange, queue: queue, routingKey: key)
        try await broker.declare(.binding(binding), passive: false)
    }

    /// Puts a text into a queue, confirmed.
    func send(_ text: String, to queue: String, id: String? = nil) async throws {
        var properties = MessageProperties()
        properties.messageID = id
        let outcome = try await other.publish(
            OutgoingMessage(
                exchange: "", routingKey: queue, isMandatory: true, properties: properties, body: Array(text.utf8)))
        #expect(outcome == .confirmed)
    }

    /// Takes the next message of a queue as soon as there is one.
    func take(_ queue: String) async throws -> Delivery {
        while true {
            if let delivery = try await broker.get(queue) { return delivery }
            try await ContinuousClock().sleep(for: .milliseconds(5))
        }
    }
}

extension AMQPBroker {
    static func connecting(
        to server: RabbitMQServer, url: String? = nil, log: RecordingLogSink = RecordingLogSink(),
        _ change: (inout AMQPConfiguration) -> Void = { _ in }
    ) throws -> AMQPBroker {
        var configuration = AMQPConfiguration(urls: [try AMQPURL(url ?? server.url)])
        configuration.backoff = Backoff(first: .milliseconds(20), longest: .milliseconds(200))
        change(&configuration)
        return AMQPBroker(configuration, logger: log.logger)
    }
}

extension MessageBroker {
    func waitUntilUp() async throws {
        for await state in states where state == .connected { return }
    }
}

extension Delivery {
    var text: String {
        if case .complete(let bytes) = body { String(decoding: bytes, as: UTF8.self) } else { "" }
    }
}
