import Sharing
import Messaging
import Synchronization

/// A broker that counts what is acknowledged through it, and says when the last one was.
///
/// An acknowledgement comes after the confirm of its event, so that the count stands for events as well.
final class CountingBroker: MessageBroker {
    private let wrapped: any MessageBroker
    private let wanted: Int
    private let settled = Atomic<Int>(0)
    private let start = Guarded<ContinuousClock.Instant?>(nil)
    private let finished: @Sendable () -> Void

    /// Calls `finished` once, at the acknowledgement with that number.
    init(_ wrapped: any MessageBroker, until wanted: Int, finished: @escaping @Sendable () -> Void) {
        self.wrapped = wrapped
        self.wanted = wanted
        self.finished = finished
    }

    /// When the first queue began to be consumed.
    var startedAt: ContinuousClock.Instant? { start.withLock { $0 } }

    var user: String { wrapped.user }

    func consume(_ queue: String, _ options: ConsumerOptions) async throws(BrokerError) -> any MessageConsumer {
        start.withLock { $0 = $0 ?? .now }
        return try await wrapped.consume(queue, options)
    }

    func publish(_ message: OutgoingMessage) async throws(BrokerError) -> PublishOutcome {
        try await wrapped.publish(message)
    }

    func settle(_ delivery: Delivery, as settlement: Settlement) {
        wrapped.settle(delivery, as: settlement)
        guard settlement == .acknowledge else { return }
        if settled.add(1, ordering: .relaxed).newValue == wanted { finished() }
    }

    func isLive(_ delivery: Delivery) -> Bool { wrapped.isLive(delivery) }

    func get(_ queue: String) async throws(BrokerError) -> Delivery? { try await wrapped.get(queue) }

    func messageCount(of queue: String) async throws(BrokerError) -> Int {
        try await wrapped.messageCount(of: queue)
    }

    func declare(_ item: TopologyItem, passive: Bool) async throws(BrokerError) {
        try await wrapped.declare(item, passive: passive)
    }

    func declareTemporaryQueue(bindings: [TopologyItem.Binding]) async throws(BrokerError) -> String {
        try await wrapped.declareTemporaryQueue(bindings: bindings)
    }

    var states: AsyncStream<BrokerState> { wrapped.states }

    func close() async { await wrapped.close() }
}
