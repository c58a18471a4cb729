import Sharing
package import Observability
import ServiceRuntime
import Synchronization

/// A broker over AMQP 0-9-1 (RabbitMQ), with one connection to consume and one to publish.
///
/// With a single connection a memory alarm would freeze acknowledgements together with publishing. Both connections
/// live on one loop thread; a watchdog frees it should a call into librabbitmq hang.
package final class AMQPBroker: MessageBroker {
    package let user: String
    private let loop: EventLoopThread
    private let lane: EventLoopLane
    private let consuming: AMQPConnection
    private let publishing: AMQPConnection
    private let board: AMQPStateBoard
    private let watchdog: LoopWatchdog
    private let lastConsumer = Atomic<Int>(0)

    /// Starts to connect, and goes on until `close`.
    package init(_ configuration: AMQPConfiguration, logger: Logger) {
        user = configuration.urls.first?.user ?? ""
        loop = EventLoopThread()
        lane = EventLoopLane(beside: loop)
        board = AMQPStateBoard()
        consuming = AMQPConnection(
            role: .consuming, loop: loop, lane: lane, configuration: configuration, board: board, logger: logger)
        publishing = AMQPConnection(
            role: .publishing, loop: loop, lane: lane, configuration: configuration, board: board, logger: logger)
        watchdog = LoopWatchdog(loop: loop, lane: lane, connections: [consuming, publishing], logger: logger)
        // librabbitmq decodes nested tables by recursion: 21,800 levels fit into one frame (rule R12).
        loop.start([consuming, publishing, lane], stackBytes: 16 << 20)
        watchdog.start(every: configuration.heartbeatSeconds)
    }

    deinit {
        watchdog.stop()
        loop.stop()
        lane.stop()
    }

    /// Returns when both connections are up.
    ///
    /// - Throws: why they are not after that time; it goes on trying all the same.
    package func waitUntilConnected(within limit: Duration) async throws(BrokerError) {
        let states = self.states
        let isConnected = await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                for await state in states {
                    if case .disconnected = state { continue }
                    return true
                }
                return false
            }
            group.addTask {
                try? await Task.sleep(for: limit)
                return false
            }
            let isConnected = await group.next() ?? false
            group.cancelAll()
            return isConnected
        }
        if !isConnected { throw board.lastError }
    }

    package var states: AsyncStream<BrokerState> { board.states.stream() }

    package func consume(_ queue: String, _ options: ConsumerOptions) async throws(BrokerError) -> any MessageConsumer {
        try Self.checkName(queue)
        let id = lastConsumer.add(1, ordering: .relaxed).newValue
        let (stream, continuation) = Mailbox<Delivery>.make()
        let subscription = AMQPSubscription(id: id, queue: queue, options: options, continuation: continuation)
        do throws(BrokerError) { try await begin(subscription) } catch {
            // Of the channels that did consume before the others could not.
            for await delivery in stream { settle(delivery, as: subscription.isStream ? .acknowledge : .requeue) }
            throw error
        }
        return AMQPConsumer(id: id, inbox: consuming.inbox, deliveries: stream, executor: lane)
    }

    private func begin(_ subscription: AMQPSubscription) async throws(BrokerError) {
        let inbox = consuming.inbox
        try await withTaskCancellationHandler {
            await handedOver { answer in
                inbox.request(.consume(subscription, answer))
                // Cancelled before there was anything to give up.
                if Task.isCancelled { inbox.request(.cancel(subscription.id, nil)) }
            }
        } onCancel: {
            inbox.request(.cancel(subscription.id, nil))
        }.get()
    }

    package func publish(_ message: OutgoingMessage) async throws(BrokerError) -> PublishOutcome {
        try message.validate()
        return try await handedOver { answer in
            publishing.inbox.publish(AMQPPublish(message: message, answer: answer))
        }.get()
    }

    package func settle(_ delivery: Delivery, as settlement: Settlement) {
        consuming.inbox.settle(delivery.tag, as: settlement)
    }

    package func isLive(_ delivery: Delivery) -> Bool {
        board.isLive(delivery.tag.generation)
    }

    package func get(_ queue: String) async throws(BrokerError) -> Delivery? {
        try Self.checkName(queue)
        return try await ask { .operation(.get(queue: queue, $0)) }
    }

    package func messageCount(of queue: String) async throws(BrokerError) -> Int {
        try Self.checkName(queue)
        return try await ask { .operation(.messageCount(queue: queue, $0)) }
    }

    /// AMQP cannot ask whether a binding exists: a passive declaration of one returns without asking.
    package func declare(_ item: TopologyItem, passive: Bool) async throws(BrokerError) {
        switch item {
        case .exchange(let name, _, let arguments), .queue(let name, let arguments):
            try Self.checkName(name)
            _ = try arguments.encodedSize(depth: 0)
        case .binding(let binding):
            for name in [binding.exchange, binding.queue, binding.routingKey] { try Self.checkName(name) }
            if passive { return }
        }
        try await ask { .operation(.declare(item, passive: passive, $0)) }
    }

    package func declareTemporaryQueue(bindings: [TopologyItem.Binding]) async throws(BrokerError) -> String {
        let name = try await ask { .operation(.temporaryQueue($0)) }
        for var binding in bindings {
            binding.queue = name
            try await declare(.binding(binding), passive: false)
        }
        return name
    }

    package func close() async {
        for connection in [publishing, consuming] {
            await handedOver { connection.inbox.request(.close($0)) }
        }
        board.states.finish()
        watchdog.stop()
        loop.stop()
        lane.stop()
    }

    private func ask<Value: Sendable>(
        _ request: (AMQPRequest.Answer<Value>) -> AMQPRequest
    ) async throws(BrokerError) -> Value {
        try await handedOver { consuming.inbox.request(request($0)) }.get()
    }

    private static func checkName(_ name: String) throws(BrokerError) {
        if name.utf8.count > 255 {
            throw BrokerError(.invalidMessage, "a name has \(name.utf8.count) bytes, more than 255")
        }
    }
}
