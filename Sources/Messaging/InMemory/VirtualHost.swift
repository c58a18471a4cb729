import Sharing

/// The state of `InMemoryServer`: exchanges, queues, connections.
struct VirtualHost: Sendable {
    var exchanges: [String: InMemoryExchange] = [:]
    var queues: [String: InMemoryQueue] = [:]
    var connections: [UInt64: InMemoryConnection] = [:]
    /// Milliseconds since 1970, set by the server before each call.
    var now: Int64 = 0
    var blockedReason: String?
    /// Publishes waiting for the alarm to end.
    var waiting: [Handover<Void>] = []
    var faults: [String: [PublishFault]] = [:]
    /// Queues that exist and cannot be reached.
    var withdrawn: Set<String> = []
    private var lastNumber: UInt64 = 0

    /// What happens to the next publish to an exchange.
    enum PublishFault: Sendable {
        case refused
        case lost(taken: Bool)
    }

    mutating func number() -> UInt64 {
        lastNumber += 1
        return lastNumber
    }

    mutating func declare(_ item: TopologyItem, passive: Bool, owner: UInt64? = nil) throws(BrokerError) {
        switch item {
        case .exchange(let name, let kind, let arguments):
            if let exchange = exchanges[name] {
                guard passive || (exchange.kind == kind && exchange.arguments == arguments) else {
                    throw BrokerError(.preconditionFailed, "exchange '\(name)' exists with other arguments")
                }
            } else {
                if passive { throw BrokerError(.notFound, "no exchange '\(name)'") }
                exchanges[name] = InMemoryExchange(kind: kind, arguments: arguments)
            }
        case .queue(let name, let arguments):
            try requireServed(name)
            if let queue = queues[name] {
                guard queue.owner == owner else {
                    throw BrokerError(.accessRefused, "queue '\(name)' belongs to another connection")
                }
                guard passive || queue.arguments == arguments else {
                    throw BrokerError(.preconditionFailed, "queue '\(name)' exists with other arguments")
                }
            } else {
                if passive { throw BrokerError(.notFound, "no queue '\(name)'") }
                queues[name] = InMemoryQueue(name: name, arguments: arguments, owner: owner)
                resumeConsumers(of: name)
            }
        case .binding(let binding):
            try requireServed(binding.queue)
            guard queues[binding.queue] != nil else { throw BrokerError(.notFound, "no queue '\(binding.queue)'") }
            guard exchanges[binding.exchange] != nil else {
                throw BrokerError(.notFound, "no exchange '\(binding.exchange)'")
            }
            if exchanges[binding.exchange]?.bindings.contains(binding) == false {
                exchanges[binding.exchange]?.bindings.append(binding)
            }
        }
    }

    /// The messages of the queue are gone; its consumers go on when it is declared again, or end with a temporary queue.
    mutating func deleteQueue(_ name: String) {
        guard let queue = queues.removeValue(forKey: name) else { return }
        for exchange in exchanges.keys { exchanges[exchange]?.bindings.removeAll { $0.queue == name } }
        for connection in connections.keys {
            for (tag, held) in connections[connection]?.unsettled ?? [:] where held.queue == name {
                connections[connection]?.unsettled[tag] = nil
            }
        }
        for subscriber in queue.subscribers {
            guard let channel = connections[subscriber.connection]?.channels.removeValue(forKey: subscriber.channel)
            else { continue }
            connections[subscriber.connection]?.consumers[channel.consumer]?.channels.removeAll {
                $0 == subscriber.channel
            }
            if queue.owner != nil { end(channel.consumer, of: subscriber.connection) }
        }
    }

    mutating func resumeConsumers(of queue: String) {
        for connection in connections.keys.sorted() {
            for (id, consumer) in connections[connection]?.consumers ?? [:] where consumer.queue == queue {
                setChannels(consumer.wanted, of: id, of: connection)
            }
        }
    }

    /// Ends the stream of a consumer and frees its idle channels.
    mutating func end(_ consumer: Int, of connection: UInt64) {
        setChannels(0, of: consumer, of: connection)
        connections[connection]?.consumers.removeValue(forKey: consumer)?.continuation.finish()
    }

    /// All waiting publishes look again.
    mutating func wakeWaiting() {
        for continuation in waiting { continuation.resume() }
        waiting = []
    }
}
