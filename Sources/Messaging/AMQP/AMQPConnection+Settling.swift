import Sharing
import CRabbitMQ

extension AMQPConnection {
    func deliver(
        _ content: AMQPChannel.Content, _ properties: MessageProperties, _ isOversized: Bool, _ body: Delivery.Body,
        _ channel: AMQPChannel
    ) throws(BrokerError) {
        // On its way when we closed the channel, or given to the consumer that only proves: it returns to its queue.
        if case .delivered = content, channel.phase == .closing || channel.phase == .proving { return }
        switch (content, channel.use) {
        case (.delivered(let number, let isRedelivered, let exchange, let key), .consumer(let subscriber, _)):
            guard channel.window.deliver(number) else { throw outOfOrder(channel) }
            let delivery = Delivery(
                queue: subscriber.subscription.queue, exchange: exchange, routingKey: key,
                isRedelivered: isRedelivered, properties: properties, body: body, hasOversizedHeaders: isOversized,
                tag: DeliveryTag(generation: channel.generation, channel: channel.number, number: number))
            if subscriber.isStream, case .integer(let offset) = properties.headers["x-stream-offset"] {
                subscriber.nextOffset = offset + 1
            }
            if !subscriber.subscription.continuation.put(delivery) {
                // Nobody reads any more: back to the queue instead of being held for ever. A stream keeps it anyway, and
                // the broker ends the connection of whoever wants to give something back to one (540).
                try settle(delivery.tag, as: subscriber.isStream ? .acknowledge : .requeue)
            }
        case (.got(let number, let isRedelivered, let exchange, let key), .getting):
            guard channel.window.deliver(number) else { throw outOfOrder(channel) }
            let tag = DeliveryTag(generation: channel.generation, channel: channel.number, number: number)
            try got(
                { queue in
                    Delivery(
                        queue: queue, exchange: exchange, routingKey: key, isRedelivered: isRedelivered,
                        properties: properties, body: body, hasOversizedHeaders: isOversized, tag: tag)
                }, channel)
        default: throw outOfOrder(channel)
        }
    }

    func settle(_ tag: DeliveryTag, as settlement: Settlement) throws(BrokerError) {
        // An acknowledgement on a channel that the broker has closed would cost the whole connection (rule R15).
        guard let handle, let channel = channel(tag.channel), channel.generation == tag.generation,
            channel.phase == .open
        else { return }
        var frame: SettlementWindow.Frame?
        channel.window.settle(tag.number, as: settlement) { frame = $0 }
        if let frame { try send(frame, channel, handle) }
        markDirty(channel)
    }

    /// Acknowledgements of one channel that go out although others may join them.
    private static let acknowledgementBatch = 32

    /// Sends what is due; with `isIdle` everything, because nothing is underway that could join it.
    ///
    /// One frame for thirty deliveries costs the broker as much as one for a single delivery, and singles behind an open
    /// delivery need none at all once that is settled too.
    func flushAcknowledgements(isIdle: Bool) throws(BrokerError) {
        guard let handle, !dirtyChannels.isEmpty else { return }
        var channels = dirtyChannels
        if isIdle {
            dirtyChannels.removeAll(keepingCapacity: true)
        } else {
            let isDue = { (channel: AMQPChannel) in
                channel.window.unsettled == 0 || channel.window.acknowledged >= Self.acknowledgementBatch
            }
            channels = dirtyChannels.filter(isDue)
            guard !channels.isEmpty else { return }
            dirtyChannels.removeAll(where: isDue)
        }
        try handle.gathering { () throws(BrokerError) in try flush(channels, handle) }
    }

    private func flush(_ channels: [AMQPChannel], _ handle: AMQPHandle) throws(BrokerError) {
        for channel in channels {
            channel.isDirty = false
            guard channel.phase == .open || channel.phase == .opening else { continue }
            var failure: BrokerError?
            channel.window.flush { frame in
                do throws(BrokerError) { try send(frame, channel, handle) } catch { failure = error }
            }
            if let failure { throw failure }
            if channel.isRetired, channel.window.unsettled == 0 { try retire(channel) }
        }
    }

    func markDirty(_ channel: AMQPChannel) {
        guard !channel.isDirty else { return }
        channel.isDirty = true
        dirtyChannels.append(channel)
    }

    private func send(
        _ frame: SettlementWindow.Frame, _ channel: AMQPChannel, _ handle: AMQPHandle
    ) throws(BrokerError) {
        channel.backlog.note(frame)
        switch frame {
        case .acknowledge(let number, let multiple):
            try handle.send(amqp_method_number_t(AMQP_BASIC_ACK_METHOD), on: channel.number) { _ in
                amqp_basic_ack_t(delivery_tag: number, multiple: multiple ? 1 : 0)
            }
        case .requeue(let number):
            // `nack`, not `reject`: from RabbitMQ 4.3 on it does not count towards the delivery limit.
            try handle.send(amqp_method_number_t(AMQP_BASIC_NACK_METHOD), on: channel.number) { _ in
                amqp_basic_nack_t(delivery_tag: number, multiple: 0, requeue: 1)
            }
        case .reject(let number):
            try handle.send(amqp_method_number_t(AMQP_BASIC_REJECT_METHOD), on: channel.number) { _ in
                amqp_basic_reject_t(delivery_tag: number, requeue: 0)
            }
        }
    }

    private func outOfOrder(_ channel: AMQPChannel) -> BrokerError {
        BrokerError(.disconnected, "a delivery on channel \(channel.number) was not expected")
    }
}
