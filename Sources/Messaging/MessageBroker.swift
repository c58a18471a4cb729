package import Sharing

/// Takes messages, settles them, publishes others: all that the pipeline needs of a broker.
///
/// A broker reconnects by itself, for as long as it is not closed: consumers are taken up again, deliveries of the lost
/// connection become dead (settling them is dropped; the broker delivers them again), unconfirmed publishes throw
/// `.disconnected`. `AMQPBroker` and `InMemoryBroker` pass `BrokerConformanceTests`.
package protocol MessageBroker: Sendable {
    /// The authenticated user, which republished messages must carry as `user-id`.
    var user: String { get }

    /// Starts consuming `queue`; returns when the broker has said consume-ok on every channel.
    ///
    /// - Throws: `.notFound`, `.accessRefused` at once; `.disconnected` and `.unavailable` are waited out, until the task
    ///   is cancelled: `.closed`.
    func consume(_ queue: String, _ options: ConsumerOptions) async throws(BrokerError) -> any MessageConsumer

    /// Publishes and waits for the broker's confirm; waits while the broker is blocked by an alarm.
    ///
    /// The bytes that wait for a confirm are bounded; further calls wait. Cancelling the task does not take back what
    /// was sent: the call returns when the confirm or the loss of the connection is known.
    /// - Throws: see `BrokerError.Kind`; after `.disconnected` the message may have been taken.
    func publish(_ message: OutgoingMessage) async throws(BrokerError) -> PublishOutcome

    /// Settles a delivery of any consumer or `get` of this broker; does not wait.
    ///
    /// Dropped when the delivery's channel is gone. A broker never confirms it: the message may come again.
    func settle(_ delivery: Delivery, as settlement: Settlement)

    /// Whether settling `delivery` can still reach the broker.
    func isLive(_ delivery: Delivery) -> Bool

    /// Takes one message without consuming; `nil` when the queue is empty. To be settled like any other.
    func get(_ queue: String) async throws(BrokerError) -> Delivery?

    /// About how many messages a queue holds; of a stream the figure may be seconds old, and 0 for one that is read
    /// elsewhere in a cluster.
    func messageCount(of queue: String) async throws(BrokerError) -> Int

    /// Makes an exchange, queue or binding; with `passive` only asks whether it exists.
    func declare(_ item: TopologyItem, passive: Bool) async throws(BrokerError)

    /// Makes a queue that only this connection sees and that ends with it; returns its name.
    func declareTemporaryQueue(bindings: [TopologyItem.Binding]) async throws(BrokerError) -> String

    /// What the connections do now, and every change of it; ends when the broker is closed.
    var states: AsyncStream<BrokerState> { get }

    /// Closes the connections: unsettled deliveries return to their queues. Returns when closed, after at most 5 s.
    func close() async
}

/// How a queue is consumed.
package struct ConsumerOptions: Sendable {
    /// Channels opened, each with its own prefetch: a slot that times out costs only its own delivery.
    package var channels: Int
    /// Unsettled deliveries per channel.
    package var prefetch: Int
    /// Further `basic.consume` arguments (`x-stream-offset`).
    package var arguments: FieldTable

    package init(channels: Int = 1, prefetch: Int = 1, arguments: FieldTable = FieldTable()) {
        self.channels = channels
        self.prefetch = prefetch
        self.arguments = arguments
    }
}

/// A running consumption of one queue.
package protocol MessageConsumer: Sendable {
    /// What arrives, for one reader; ends after `cancel` or when the broker closes.
    ///
    /// Bounded by channels × prefetch unsettled deliveries.
    var deliveries: Mailbox<Delivery> { get }

    /// Where deliveries whose handling never blocks and takes little time are handled at the least cost; `nil`: anywhere.
    ///
    /// To be preferred by the task that reads `deliveries` and by its children; a matter of speed alone.
    var executor: (any TaskExecutor)? { get }

    /// Changes how many channels consume, from 0 (paused) up to the `channels` it was started with.
    ///
    /// Deliveries already handed out stay settleable; their channels stop once told.
    func setChannels(_ count: Int) async

    /// Stops consuming; returns when no further delivery will come. What was delivered stays settleable.
    func cancel() async
}

extension MessageConsumer {
    /// Stops consuming and gives back to its queue what came and nobody has read.
    package func giveUp(to broker: any MessageBroker) async {
        await cancel()
        for await delivery in deliveries { broker.settle(delivery, as: .requeue) }
    }
}

/// What the connections to the broker do.
package enum BrokerState: Sendable, Equatable {
    case connected
    /// Publishing waits: the broker has too little memory or disk.
    case blocked(reason: String)
    case disconnected(reason: String)
}
