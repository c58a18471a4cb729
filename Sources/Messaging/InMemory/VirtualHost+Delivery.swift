import Sharing

extension VirtualHost {
    /// Hands out what waits in a queue to the channels that may take more, in turn.
    mutating func dispatch(_ name: String) {
        if queues[name]?.isStream == true { return dispatchStream(name) }
        while let message = queues[name]?.ready.first, let subscriber = nextSubscriber(of: name) {
            queues[name]?.ready.removeFirst()
            deliver(message, from: name, to: subscriber)
        }
    }

    /// Takes the front message for a `get`.
    mutating func get(_ name: String, connection: UInt64) throws(BrokerError) -> Delivery? {
        try requireServed(name)
        guard queues[name] != nil else { throw BrokerError(.notFound, "no queue '\(name)'") }
        guard let message = queues[name]?.ready.popFirst() else { return nil }
        return hand(message, from: name, to: connection, channel: 0)
    }

    mutating func settle(_ tag: DeliveryTag, as settlement: Settlement, connection: UInt64) {
        guard let held = connections[connection]?.unsettled.removeValue(forKey: tag) else { return }
        connections[connection]?.channels[tag.channel]?.unsettled -= 1
        if queues[held.queue]?.isStream != true {
            switch settlement {
            case .acknowledge: break
            case .requeue: giveBack(held)
            case .reject: bury(held.message, from: held.queue, reason: "rejected")
            }
        }
        removeIfIdle(tag.channel, of: connection)
        dispatch(held.queue)
    }

    /// A message that was not settled: back to its place, or dead when it came back too often.
    mutating func giveBack(_ held: InMemoryConnection.Unsettled) {
        guard let queue = queues[held.queue], !queue.isStream else { return }
        var message = held.message
        message.returns += 1
        if let limit = queue.deliveryLimit, message.returns > limit {
            bury(message, from: held.queue, reason: "delivery_limit")
        } else {
            queues[held.queue]?.restore(message)
        }
    }

    private mutating func dispatchStream(_ name: String) {
        guard let queue = queues[name] else { return }
        for subscriber in queue.subscribers {
            while let channel = openChannel(subscriber), channel.offset < queue.ready.count {
                connections[subscriber.connection]?.channels[subscriber.channel]?.offset += 1
                connections[subscriber.connection]?.consumers[channel.consumer]?.nextOffset = channel.offset + 1
                var message = queue.ready[channel.offset]
                message.properties.headers["x-stream-offset"] = .integer(Int64(channel.offset))
                deliver(message, from: name, to: subscriber)
            }
        }
    }

    private mutating func nextSubscriber(of name: String) -> Subscriber? {
        guard let queue = queues[name] else { return nil }
        for step in 0..<queue.subscribers.count {
            let index = (queue.nextSubscriber + step) % queue.subscribers.count
            if openChannel(queue.subscribers[index]) != nil {
                queues[name]?.nextSubscriber = index + 1
                return queue.subscribers[index]
            }
        }
        return nil
    }

    private func openChannel(_ subscriber: Subscriber) -> InMemoryConnection.Channel? {
        guard let channel = connections[subscriber.connection]?.channels[subscriber.channel] else { return nil }
        let isOpen = channel.isConsuming && (channel.prefetch == 0 || channel.unsettled < channel.prefetch)
        return isOpen ? channel : nil
    }

    private mutating func deliver(_ message: StoredMessage, from name: String, to subscriber: Subscriber) {
        guard let channel = connections[subscriber.connection]?.channels[subscriber.channel],
            let consumer = connections[subscriber.connection]?.consumers[channel.consumer],
            let delivery = hand(message, from: name, to: subscriber.connection, channel: subscriber.channel)
        else { return }
        consumer.continuation.put(delivery)
    }

    private mutating func hand(
        _ message: StoredMessage, from name: String, to connection: UInt64, channel: UInt16
    ) -> Delivery? {
        guard var state = connections[connection], let queue = queues[name] else { return nil }
        state.nextNumber += 1
        let tag = DeliveryTag(generation: state.generation, channel: channel, number: state.nextNumber)
        state.unsettled[tag] = InMemoryConnection.Unsettled(queue: name, message: message)
        state.channels[channel]?.unsettled += 1
        connections[connection] = state
        var properties = message.properties
        if queue.isQuorum, message.returns > 0 {
            properties.headers["x-delivery-count"] = .integer(Int64(message.returns))
        }
        return Delivery(
            queue: name, exchange: message.exchange, routingKey: message.routingKey,
            isRedelivered: message.returns > 0, properties: properties, body: .complete(message.body), tag: tag)
    }
}
