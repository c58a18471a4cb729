import Sharing
import CRabbitMQ
import Observability
import ServiceRuntime

extension AMQPConnection {
    func consume(_ subscription: AMQPSubscription, _ answer: AMQPRequest.Answer<Void>) throws(BrokerError) {
        let subscriber = AMQPSubscriber(
            subscription, isTemporary: temporaryQueues.contains(subscription.queue), started: answer)
        subscribers[subscription.id] = subscriber
        for index in 0..<subscription.options.channels {
            guard let channel = newChannel(.consumer(subscriber, index: index)) else {
                return end(subscriber, BrokerError(.unexpected, "the broker allows no further channel"))
            }
            subscriber.channels.append(channel)
        }
        for channel in subscriber.channels { try open(channel) }
        reportStart(subscriber)
    }

    /// After a connection was made.
    func resumeConsuming() throws(BrokerError) {
        for case let channel? in channels {
            channel.failures = 0
            switch channel.use {
            case .consumer(let subscriber, let index):
                if index < subscriber.wanted { try open(channel) }
            case .publishing, .operations, .getting: break
            }
        }
        for subscriber in subscribers.values { reportStart(subscriber) }
    }

    func startConsuming(_ channel: AMQPChannel, _ subscriber: AMQPSubscriber) throws(BrokerError) {
        guard let handle else { return }
        channel.consuming = .starting
        channel.waitingSince = EventLoopThread.now
        var arguments = subscriber.subscription.options.arguments
        if let offset = subscriber.nextOffset { arguments["x-stream-offset"] = .integer(offset) }
        // Obeyed by RabbitMQ from 4.3 on, passed over by older ones.
        if arguments["x-consumer-timeout"] == nil, !subscriber.isStream {
            arguments["x-consumer-timeout"] = .integer(configuration.acknowledgementTimeout.milliseconds)
        }
        try handle.send(amqp_method_number_t(AMQP_BASIC_CONSUME_METHOD), on: channel.number) { arena in
            var consume = amqp_basic_consume_t()
            consume.queue = arena.bytes(subscriber.subscription.queue)
            consume.consumer_tag = arena.bytes(channel.consumerTag)
            consume.arguments = arena.table(arguments)
            return consume
        }
    }

    private func stopConsuming(_ channel: AMQPChannel) throws(BrokerError) {
        guard let handle, channel.consuming == .on || channel.consuming == .starting else { return }
        channel.consuming = .stopping
        channel.waitingSince = EventLoopThread.now
        try handle.send(amqp_method_number_t(AMQP_BASIC_CANCEL_METHOD), on: channel.number) { arena in
            var cancel = amqp_basic_cancel_t()
            cancel.consumer_tag = arena.bytes(channel.consumerTag)
            return cancel
        }
    }

    func setChannels(_ count: Int, of id: AMQPSubscription.ID) throws(BrokerError) {
        guard let subscriber = subscribers[id], !subscriber.isCancelled else { return }
        subscriber.wanted = max(0, min(count, subscriber.channels.count))
        for (index, channel) in subscriber.channels.enumerated() {
            if index >= subscriber.wanted {
                channel.reopenAt = nil
                try stopConsuming(channel)
            } else if channel.phase == .closed {
                try open(channel)
            } else if channel.phase != .closing, channel.consuming == .off {
                try startConsuming(channel, subscriber)
            }
        }
        reportStart(subscriber)
    }

    func cancel(_ id: AMQPSubscription.ID, _ continuation: Handover<Void>?) throws(BrokerError) {
        guard let subscriber = subscribers[id] else {
            continuation?.resume()
            return
        }
        if let continuation { subscriber.cancelled.append(continuation) }
        subscriber.isCancelled = true
        subscriber.wanted = 0
        for channel in subscriber.channels {
            channel.reopenAt = nil
            try stopConsuming(channel)
        }
        try endIfStopped(subscriber)
    }

    func consumeStarted(_ channel: AMQPChannel) throws(BrokerError) {
        guard case .consumer(let subscriber, _) = channel.use, channel.consuming == .starting else { return }
        channel.consuming = .on
        channel.waitingSince = nil
        channel.failures = 0
        reportStart(subscriber)
    }

    func consumeStopped(_ channel: AMQPChannel) throws(BrokerError) {
        guard case .consumer(let subscriber, let index) = channel.use, channel.consuming == .stopping else { return }
        channel.consuming = .off
        channel.waitingSince = nil
        if subscriber.isCancelled {
            try endIfStopped(subscriber)
        } else if index < subscriber.wanted {
            try startConsuming(channel, subscriber)
        }
    }

    /// The broker ended the consumption: the queue was deleted, or a delivery was held for too long.
    ///
    /// The deliveries of the channel count as dead and must never be acknowledged; the channel is opened anew.
    func consumerCancelled(_ channel: AMQPChannel) throws(BrokerError) {
        guard case .consumer(let subscriber, _) = channel.use, channel.phase != .closing else { return }
        if channel.phase == .proving { return try close(channel) }
        logger.warning("the broker cancelled a consumer", [LogField("queue", subscriber.subscription.queue)])
        if subscriber.isTemporary {
            return end(subscriber, BrokerError(.notFound, "the queue is gone"))
        }
        // Not at once: RabbitMQ 3.10 tells of a deleted quorum queue before it forgets its name, and never answers who
        // consumes it in between.
        channel.reopenAt = EventLoopThread.now + 500
        try close(channel)
        try endIfStopped(subscriber)
    }

    /// The broker closed the channel: no such queue, no permission, or a delivery was held for too long.
    func consumerFailed(
        _ subscriber: AMQPSubscriber, _ channel: AMQPChannel, _ error: BrokerError
    ) throws(BrokerError) {
        let isFatal = subscriber.started != nil && error.kind != .unavailable
        if isFatal || subscriber.isTemporary { return end(subscriber, error) }
        if channel.isRetired {
            channels[Int(channel.number)] = nil
            return
        }
        if subscriber.isCancelled { return try endIfStopped(subscriber) }
        let queue = subscriber.subscription.queue
        logger.warning(
            "the broker closed a consumer's channel", [LogField("queue", queue), LogField("error.message", error)])
        // The first time at once: one delivery held for too long is no reason to stop.
        let wait = channel.failures == 0 ? .zero : configuration.backoff.wait(attempt: channel.failures)
        channel.failures += 1
        channel.reopenAt = EventLoopThread.now + wait.milliseconds
        if channel.failures > 1 { board.setFailing(subscriber.subscription.id, "queue '\(queue)': \(error.message)") }
    }

    /// Answers `consume` when all channels that it wants do consume.
    private func reportStart(_ subscriber: AMQPSubscriber) {
        guard handle != nil, !subscriber.isCancelled,
            subscriber.channels.prefix(subscriber.wanted).allSatisfy({ $0.consuming == .on })
        else { return }
        board.setFailing(subscriber.subscription.id, nil)
        subscriber.started?.resume(returning: .success(()))
        subscriber.started = nil
    }

    private func endIfStopped(_ subscriber: AMQPSubscriber) throws(BrokerError) {
        guard subscriber.isCancelled, subscriber.channels.allSatisfy({ $0.consuming == .off }) else { return }
        end(subscriber, .closedByUs)
    }

    /// No further delivery comes; the channels stay until what they delivered is settled.
    func end(_ subscriber: AMQPSubscriber, _ error: BrokerError) {
        subscribers[subscriber.subscription.id] = nil
        board.setFailing(subscriber.subscription.id, nil)
        subscriber.wanted = 0
        subscriber.isCancelled = true
        subscriber.subscription.continuation.finish()
        subscriber.started?.resume(returning: .failure(error))
        subscriber.started = nil
        for continuation in subscriber.cancelled { continuation.resume() }
        subscriber.cancelled = []
        for channel in subscriber.channels {
            channel.isRetired = true
            channel.reopenAt = nil
            if channel.phase == .closed { channels[Int(channel.number)] = nil } else { markDirty(channel) }
        }
    }
}
