extension VirtualHost {
    /// Routes one message; the outcome is that of a mandatory publish.
    mutating func publish(_ message: OutgoingMessage, from connection: UInt64) throws(BrokerError) -> PublishOutcome {
        guard let user = connections[connection]?.user else { throw BrokerError(.closed, "the connection is closed") }
        if let claimed = message.properties.userID, !claimed.utf8.elementsEqual(user.utf8) {
            throw BrokerError(.preconditionFailed, "user_id '\(claimed)' is not the user of the connection")
        }
        guard message.exchange.isEmpty || exchanges[message.exchange] != nil else {
            throw BrokerError(.notFound, "no exchange '\(message.exchange)'")
        }
        let fault = takeFault(of: message.exchange)
        if case .refused? = fault { throw BrokerError(.refused, "the broker refused the message") }
        if case .lost(taken: false)? = fault { throw BrokerError(.disconnected, "lost before it was sent") }

        var properties = message.properties
        let keys = [message.routingKey] + routingKeys("CC", in: properties) + routingKeys("BCC", in: properties)
        properties.headers["BCC"] = nil
        let targets = route(exchange: message.exchange, routingKeys: keys)
        if targets.contains(where: { queues[$0].map { $0.isFull && $0.refusesWhenFull } ?? false }) {
            throw BrokerError(.refused, "a queue is full")
        }
        for target in targets {
            let stored = StoredMessage(
                sequence: number(), exchange: message.exchange, routingKey: message.routingKey,
                properties: properties, body: message.body)
            enqueue(stored, in: target)
        }
        if case .lost(taken: true)? = fault { throw BrokerError(.disconnected, "lost before it was confirmed") }
        if targets.isEmpty, message.isMandatory { return .returned(code: 312, text: "NO_ROUTE") }
        return .confirmed
    }

    /// The queues that get a message, each once; the alternate exchange when there are none.
    func route(exchange name: String, routingKeys: [String]) -> [String] {
        var found: [String] = []
        var next: String? = name
        var seen: Set<String> = []
        while let exchange = next, found.isEmpty, seen.insert(exchange).inserted {
            for key in routingKeys {
                let queues = exchange.isEmpty ? [key] : exchanges[exchange]?.queues(for: key) ?? []
                for queue in queues where self.queues[queue] != nil && !found.contains(queue) { found.append(queue) }
            }
            next = exchanges[exchange]?.alternate
        }
        return found
    }

    /// Puts a message at the end of a queue and hands out what can be.
    mutating func enqueue(_ message: StoredMessage, in name: String) {
        // Not the queue itself: held until the end, it would be copied with all its messages to add one.
        guard let (timeToLive, isFull) = queues[name].map({ ($0.timeToLive, $0.isFull) }) else { return }
        var message = message
        if let lifetime = [timeToLive, message.properties.expiration.flatMap { Int64($0) }].compactMap({ $0 }).min() {
            message.expiresAt = now + lifetime
        }
        if isFull, let oldest = queues[name]?.ready.popFirst() { bury(oldest, from: name, reason: "maxlen") }
        queues[name]?.ready.append(message)
        dispatch(name)
    }

    private mutating func takeFault(of exchange: String) -> PublishFault? {
        guard let fault = faults[exchange]?.first else { return nil }
        faults[exchange]?.removeFirst()
        return fault
    }

    private func routingKeys(_ header: String, in properties: MessageProperties) -> [String] {
        guard case .array(let keys) = properties.headers[header] else { return [] }
        return keys.compactMap { if case .string(let key) = $0 { key } else { nil } }
    }
}
