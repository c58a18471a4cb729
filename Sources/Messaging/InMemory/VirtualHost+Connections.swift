import Sharing

extension VirtualHost {
    mutating func consume(
        _ queue: String, _ options: ConsumerOptions, continuation: Mailbox<Delivery>.Slot,
        connection: UInt64
    ) throws(BrokerError) -> Int {
        guard let found = queues[queue] else { throw BrokerError(.notFound, "no queue '\(queue)'") }
        guard found.owner == nil || found.owner == connection else {
            throw BrokerError(.accessRefused, "queue '\(queue)' belongs to another connection")
        }
        guard let consumer = connections[connection]?.nextConsumer else {
            throw BrokerError(.closed, "the connection is closed")
        }
        connections[connection]?.nextConsumer += 1
        connections[connection]?.consumers[consumer] = InMemoryConnection.Consumer(
            queue: queue, options: options, continuation: continuation, wanted: options.channels)
        setChannels(options.channels, of: consumer, of: connection)
        return consumer
    }

    /// Opens or stops channels of a consumer.
    mutating func setChannels(_ count: Int, of consumer: Int, of connection: UInt64) {
        guard var record = connections[connection]?.consumers[consumer] else { return }
        record.wanted = min(count, record.options.channels)
        guard connections[connection]?.isUp == true, queues[record.queue] != nil else {
            connections[connection]?.consumers[consumer] = record
            return
        }
        let served = withdrawn.contains(record.queue) ? 0 : record.wanted
        while record.channels.count > served {
            let number = record.channels.removeLast()
            connections[connection]?.channels[number]?.isConsuming = false
            removeIfIdle(number, of: connection)
            queues[record.queue]?.subscribers.removeAll { $0 == Subscriber(connection: connection, channel: number) }
        }
        while record.channels.count < served, let number = openChannelNumber(of: connection) {
            var channel = InMemoryConnection.Channel(consumer: consumer, prefetch: record.options.prefetch)
            let count = queues[record.queue]?.ready.count ?? 0
            channel.offset = record.nextOffset ?? record.options.streamOffset(in: count)
            connections[connection]?.channels[number] = channel
            queues[record.queue]?.subscribers.append(Subscriber(connection: connection, channel: number))
            record.channels.append(number)
        }
        connections[connection]?.consumers[consumer] = record
        dispatch(record.queue)
    }

    /// Forgets a channel that stopped once its last delivery is settled.
    mutating func removeIfIdle(_ number: UInt16, of connection: UInt64) {
        guard let channel = connections[connection]?.channels[number] else { return }
        if !channel.isConsuming, channel.unsettled == 0 { connections[connection]?.channels[number] = nil }
    }

    private mutating func openChannelNumber(of connection: UInt64) -> UInt16? {
        guard let state = connections[connection] else { return nil }
        var number = state.nextChannel
        while number == 0 || state.channels[number] != nil { number &+= 1 }
        connections[connection]?.nextChannel = number &+ 1
        return number
    }

    /// The connection is lost: what it holds returns, what is its own ends.
    mutating func disconnect(_ connection: UInt64) {
        for queue in queues.values where queue.owner == connection { deleteQueue(queue.name) }
        guard var state = connections[connection] else { return }
        let held = state.unsettled.sorted { $0.value.message.sequence < $1.value.message.sequence }.map(\.value)
        state.isUp = false
        state.unsettled = [:]
        state.channels = [:]
        state.generation = number()
        for consumer in state.consumers.keys { state.consumers[consumer]?.channels = [] }
        connections[connection] = state
        for name in queues.keys { queues[name]?.subscribers.removeAll { $0.connection == connection } }
        for entry in held { giveBack(entry) }
        for queue in Set(held.map(\.queue)) { dispatch(queue) }
        wakeWaiting()
    }

    /// Connected again: consumers are taken up, those of temporary queues have ended.
    mutating func reconnect(_ connection: UInt64) {
        guard connections[connection]?.isClosed == false else { return }
        connections[connection]?.isUp = true
        for (id, consumer) in connections[connection]?.consumers ?? [:] {
            setChannels(consumer.wanted, of: id, of: connection)
        }
    }

    mutating func close(_ connection: UInt64) {
        disconnect(connection)
        connections[connection]?.isClosed = true
        for consumer in (connections[connection]?.consumers ?? [:]).values { consumer.continuation.finish() }
        connections[connection]?.consumers = [:]
        wakeWaiting()
    }
}

extension ConsumerOptions {
    /// Where `x-stream-offset` begins in a stream of that length: `first`, `last`, a number, else what comes next.
    fileprivate func streamOffset(in count: Int) -> Int {
        switch arguments["x-stream-offset"] {
        case .string("first"): 0
        case .string("last"): max(0, count - 1)
        case .integer(let offset): max(0, min(Int(offset), count))
        default: count
        }
    }
}
