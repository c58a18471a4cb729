import Sharing
package import ServiceRuntime

/// A message broker in memory that behaves like RabbitMQ; connect to it with `InMemoryBroker(server:user:)`.
///
/// Messages expire by `time`: at each call, and while `run()` runs.
package final class InMemoryServer: Sendable {
    private let host = Guarded(VirtualHost())
    private let time: TimeSource
    private let changed = Guarded<AsyncStream<Void>.Continuation?>(nil)

    package init(time: TimeSource) {
        self.time = time
    }

    /// Expires messages when their time comes; returns when the task is cancelled.
    package func run() async {
        while !Task.isCancelled {
            let (changes, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
            changed.withLock { $0 = continuation }
            let wait: Duration? = withHost(tellsOfChanges: false) { host in
                host.nextExpiry.map { .milliseconds(max(0, $0 - host.now)) }
            }
            await withTaskGroup(of: Void.self) { [time] group in
                group.addTask { for await _ in changes { return } }
                if let wait { group.addTask { try? await time.sleep(wait) } }
                await group.next()
                group.cancelAll()
            }
        }
    }

    /// Messages expire as if a call had come now.
    package func expire() {
        withHost { _ in }
    }

    // MARK: What an administrator sees and does

    /// The messages that wait in a queue, oldest first, without taking them.
    package func messages(in queue: String) -> [OutgoingMessage] {
        withHost { host in
            host.queues[queue]?.ready.map {
                OutgoingMessage(
                    exchange: $0.exchange, routingKey: $0.routingKey, properties: $0.properties, body: $0.body)
            } ?? []
        }
    }

    /// The channels that consume a queue.
    package func consumingChannels(of queue: String) -> Int {
        withHost { $0.queues[queue]?.subscribers.count ?? 0 }
    }

    /// The deliveries that nobody has settled yet.
    package var unsettledCount: Int {
        withHost { host in host.connections.values.reduce(0) { $0 + $1.unsettled.count } }
    }

    /// Deletes a queue: its messages are gone, its consumers end.
    package func deleteQueue(_ name: String) {
        withHost { $0.deleteQueue(name) }
    }

    /// Makes an exchange, queue or binding.
    package func declare(_ item: TopologyItem) throws(BrokerError) {
        try withHost { (host) throws(BrokerError) in try host.declare(item, passive: false) }
    }

    // MARK: Faults

    /// All publishing waits until `unblock()`, as during a memory alarm.
    package func block(reason: String) {
        withHost { host in
            host.blockedReason = reason
            for connection in host.connections.values { connection.states.set(.blocked(reason: reason)) }
        }
    }

    /// The alarm ends.
    package func unblock() {
        withHost { host in
            host.blockedReason = nil
            for connection in host.connections.values where connection.isUp { connection.states.set(.connected) }
            host.wakeWaiting()
        }
    }

    /// A queue cannot be reached until `restoreQueue(_:)`, as while its node is down.
    package func withdrawQueue(_ name: String) {
        withHost { $0.withdraw(name) }
    }

    /// The queue is back, with its messages.
    package func restoreQueue(_ name: String) {
        withHost { $0.restore(name) }
    }

    /// The next `times` publishes to `exchange` are refused (`basic.nack`).
    package func refusePublishes(to exchange: String, times: Int) {
        withHost { $0.faults[exchange, default: []] += Array(repeating: .refused, count: times) }
    }

    /// The next `times` publishes to `exchange` throw `.disconnected`, after the message was taken or before.
    package func losePublishes(to exchange: String, times: Int, taken: Bool) {
        withHost { $0.faults[exchange, default: []] += Array(repeating: .lost(taken: taken), count: times) }
    }

    func withHost<Value: Sendable, Failure: Error>(
        tellsOfChanges: Bool = true, _ body: (inout VirtualHost) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        defer { if tellsOfChanges { changed.withLock { _ = $0?.yield() } } }
        let now = time.millisecondsSinceEpoch
        return try host.withLock { (host) throws(Failure) in
            host.now = now
            host.expire()
            return try body(&host)
        }
    }
}
