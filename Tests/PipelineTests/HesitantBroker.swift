import Messaging
import ServiceRuntime

/// A broker in memory that lets nobody consume some of its queues, as while their node is down.
final class HesitantBroker: MessageBroker {
    /// Requested once somebody waits to consume.
    let isAwaited = ShutdownSignal()
    private let broker: InMemoryBroker
    private let queues: Set<String>

    init(_ broker: InMemoryBroker, withholding queues: Set<String>) {
        self.broker = broker
        self.queues = queues
    }

    var user: String { broker.user }
    var states: AsyncStream<BrokerState> { broker.states }

    func consume(_ queue: String, _ options: ConsumerOptions) async throws(BrokerError) -> any MessageConsumer {
        guard queues.contains(queue) else { return try await broker.consume(queue, options) }
        isAwaited.request()
        // Until the task is cancelled: nobody else has this signal.
        await ShutdownSignal().requested()
        throw BrokerError(.closed, "the broker was closed")
    }

    func publish(_ message: OutgoingMessage) async throws(BrokerError) -> PublishOutcome {
        try await broker.publish(message)
    }
    func settle(_ delivery: Delivery, as settlement: Settlement) { broker.settle(delivery, as: settlement) }
    func isLive(_ delivery: Delivery) -> Bool { broker.isLive(delivery) }
    func get(_ queue: String) async throws(BrokerError) -> Delivery? { try await broker.get(queue) }
    func messageCount(of queue: String) async throws(BrokerError) -> Int { try await broker.messageCount(of: queue) }
    func declare(_ item: TopologyItem, passive: Bool) async throws(BrokerError) {
        try await broker.declare(item, passive: passive)
    }
    func declareTemporaryQueue(bindings: [TopologyItem.Binding]) async throws(BrokerError) -> String {
        try await broker.declareTemporaryQueue(bindings: bindings)
    }
    func close() async { await broker.close() }
}
