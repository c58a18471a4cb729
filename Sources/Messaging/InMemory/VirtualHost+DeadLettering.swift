extension VirtualHost {
    /// Moves to their dead-letter exchange the messages whose time is over.
    mutating func expire() {
        for name in queues.keys.sorted() {
            // Only from the front: RabbitMQ does not look behind a message that lives longer.
            while let first = queues[name]?.ready.first, let end = first.expiresAt, end <= now,
                queues[name]?.isStream == false
            {
                queues[name]?.ready.removeFirst()
                bury(first, from: name, reason: "expired")
            }
        }
    }

    /// When the next message expires.
    var nextExpiry: Int64? {
        queues.values.filter { !$0.isStream }.compactMap { $0.ready.first?.expiresAt }.min()
    }

    /// Sends a dead message on with `x-death`, or drops it when its queue has no dead-letter exchange.
    mutating func bury(_ message: StoredMessage, from name: String, reason: String) {
        guard let queue = queues[name], let exchange = queue.deadLetterExchange, exchanges[exchange] != nil else {
            return
        }
        var dead = message
        dead.returns = 0
        dead.expiresAt = nil
        dead.exchange = exchange
        dead.routingKey = queue.deadLetterRoutingKey ?? message.routingKey
        let deaths = deaths(of: message, queue: name, reason: reason)
        dead.properties.headers["x-death"] = .array(deaths.map { .table($0) })
        if message.properties.headers["x-first-death-queue"] == nil {
            dead.properties.headers["x-first-death-exchange"] = .string(message.exchange)
            dead.properties.headers["x-first-death-queue"] = .string(name)
            dead.properties.headers["x-first-death-reason"] = .string(reason)
        }
        dead.properties.expiration = nil
        for target in route(exchange: exchange, routingKeys: [dead.routingKey])
        where !isCycle(to: target, deaths: deaths) {
            dead.sequence = number()
            enqueue(dead, in: target)
        }
    }

    /// The message's earlier deaths with this one in front.
    private func deaths(of message: StoredMessage, queue: String, reason: String) -> [FieldTable] {
        var deaths: [FieldTable] = []
        if case .array(let values) = message.properties.headers["x-death"] {
            deaths = values.compactMap { if case .table(let table) = $0 { table } else { nil } }
        }
        let index = deaths.firstIndex { $0["queue"] == .string(queue) && $0["reason"] == .string(reason) }
        if let index {
            var death = deaths.remove(at: index)
            if case .integer(let count) = death["count"] { death["count"] = .integer(count + 1) }
            deaths.insert(death, at: 0)
            return deaths
        }
        var death: FieldTable = [
            "count": .integer(1), "reason": .string(reason), "queue": .string(queue), "time": .timestamp(now / 1000),
            "exchange": .string(message.exchange), "routing-keys": .array([.string(message.routingKey)]),
        ]
        if let expiration = message.properties.expiration { death["original-expiration"] = .string(expiration) }
        deaths.insert(death, at: 0)
        return deaths
    }

    /// RabbitMQ drops a message that comes round to a queue without anybody having rejected it on the way.
    private func isCycle(to queue: String, deaths: [FieldTable]) -> Bool {
        guard let index = deaths.firstIndex(where: { $0["queue"] == .string(queue) }) else { return false }
        return !deaths[...index].contains { $0["reason"] == .string("rejected") }
    }
}
