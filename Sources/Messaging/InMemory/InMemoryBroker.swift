import Sharing

/// One connection to an `InMemoryServer`.
package final class InMemoryBroker: MessageBroker {
    package let user: String
    let server: InMemoryServer
    private let connection: UInt64
    private let stateChanges: BrokerStates

    package init(server: InMemoryServer, user: String = "stowage") {
        self.server = server
        self.user = user
        let states = BrokerStates(.connected)
        stateChanges = states
        connection = server.withHost { host in
            let number = host.number()
            host.connections[number] = InMemoryConnection(user: user, states: states, generation: host.number())
            if let reason = host.blockedReason { states.set(.blocked(reason: reason)) }
            return number
        }
    }

    package var states: AsyncStream<BrokerState> { stateChanges.stream() }

    package func consume(_ queue: String, _ options: ConsumerOptions) async throws(BrokerError) -> any MessageConsumer {
        let (stream, continuation) = Mailbox<Delivery>.make()
        let consumer = try server.withHost { [connection] (host) throws(BrokerError) in
            try host.requireOpen(connection)
            return try host.consume(queue, options, continuation: continuation, connection: connection)
        }
        return InMemoryConsumer(server: server, connection: connection, number: consumer, deliveries: stream)
    }

    package func publish(_ message: OutgoingMessage) async throws(BrokerError) -> PublishOutcome {
        try message.validate()
        while true {
            let outcome = try server.withHost { [connection] (host) throws(BrokerError) -> PublishOutcome? in
                try host.requireUp(connection)
                return host.blockedReason == nil ? try host.publish(message, from: connection) : nil
            }
            if let outcome { return outcome }
            await waitUntilUnblocked()
        }
    }

    private func waitUntilUnblocked() async {
        await handedOver { continuation in
            server.withHost { [connection] host in
                if host.blockedReason != nil, host.connections[connection]?.isUp == true {
                    host.waiting.append(continuation)
                } else {
                    continuation.resume()
                }
            }
        }
    }

    package func settle(_ delivery: Delivery, as settlement: Settlement) {
        server.withHost { [connection] in $0.settle(delivery.tag, as: settlement, connection: connection) }
    }

    package func isLive(_ delivery: Delivery) -> Bool {
        server.withHost { [connection] in $0.connections[connection]?.unsettled[delivery.tag] != nil }
    }

    package func get(_ queue: String) async throws(BrokerError) -> Delivery? {
        try server.withHost { [connection] (host) throws(BrokerError) in
            try host.requireUp(connection)
            return try host.get(queue, connection: connection)
        }
    }

    package func messageCount(of queue: String) async throws(BrokerError) -> Int {
        try server.withHost { [connection] (host) throws(BrokerError) in
            try host.requireUp(connection)
            try host.requireServed(queue)
            guard let queue = host.queues[queue] else { throw BrokerError(.notFound, "no queue '\(queue)'") }
            return queue.ready.count
        }
    }

    package func declare(_ item: TopologyItem, passive: Bool) async throws(BrokerError) {
        try server.withHost { [connection] (host) throws(BrokerError) in
            try host.requireUp(connection)
            try host.declare(item, passive: passive)
        }
    }

    package func declareTemporaryQueue(bindings: [TopologyItem.Binding]) async throws(BrokerError) -> String {
        try server.withHost { [connection] (host) throws(BrokerError) in
            try host.requireUp(connection)
            let name = "amq.gen-\(host.number())"
            try host.declare(.queue(name: name, arguments: [:]), passive: false, owner: connection)
            for var binding in bindings {
                binding.queue = name
                try host.declare(.binding(binding), passive: false)
            }
            return name
        }
    }

    package func close() async {
        server.withHost { [connection] in $0.close(connection) }
        stateChanges.finish()
    }

    // MARK: Faults

    /// The connection is lost and stays so until `reconnect()`.
    package func disconnect(reason: String = "the connection was dropped") {
        server.withHost { [connection] in $0.disconnect(connection) }
        stateChanges.set(.disconnected(reason: reason))
    }

    /// The connection comes back; consumers are taken up again.
    package func reconnect() {
        let blocked = server.withHost { [connection] host in
            host.reconnect(connection)
            return host.blockedReason
        }
        stateChanges.set(blocked.map { .blocked(reason: $0) } ?? .connected)
    }

    /// The connection is lost and at once made again: deliveries return, consumers go on.
    package func dropConnection(reason: String = "the connection was dropped") {
        disconnect(reason: reason)
        reconnect()
    }
}

extension VirtualHost {
    func requireOpen(_ connection: UInt64) throws(BrokerError) {
        if connections[connection]?.isClosed != false { throw BrokerError(.closed, "the broker was closed") }
    }

    func requireUp(_ connection: UInt64) throws(BrokerError) {
        try requireOpen(connection)
        if connections[connection]?.isUp != true { throw BrokerError(.disconnected, "not connected") }
    }
}
