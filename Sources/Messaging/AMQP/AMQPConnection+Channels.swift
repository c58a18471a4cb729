import CRabbitMQ
import Observability
import ServiceRuntime

extension AMQPConnection {
    /// Longest wait for the broker's answer to anything but a publish; then the connection counts as hung.
    private static let answerTimeout: Int64 = 20_000

    /// A number for a new channel; `nil` when the connection has no more.
    func newChannel(_ use: AMQPChannel.Use) -> AMQPChannel? {
        let limit = handle.map { Int(amqp_get_channel_max($0.state)) } ?? 2047
        let free = channels.indices.dropFirst().first { channels[$0] == nil } ?? channels.count
        // The peer's 0 is: no limit.
        guard free <= (limit == 0 ? Int(UInt16.max) : limit) else { return nil }
        let channel = AMQPChannel(
            number: UInt16(free), use: use, maximumBodyBytes: configuration.maximumBodyBytes)
        if free == channels.count { channels.append(channel) } else { channels[free] = channel }
        return channel
    }

    /// Opens a closed channel and asks at once for what it is for: the broker takes methods in their order.
    func open(_ channel: AMQPChannel) throws(BrokerError) {
        guard let handle, channel.phase == .closed else { return }
        channel.reset(generation: board.newGeneration(), maximumBodyBytes: configuration.maximumBodyBytes)
        channel.phase = .opening
        channel.waitingSince = EventLoopThread.now
        try handle.send(amqp_method_number_t(AMQP_CHANNEL_OPEN_METHOD), on: channel.number) { _ in
            amqp_channel_open_t()
        }
        switch channel.use {
        case .publishing:
            try handle.send(amqp_method_number_t(AMQP_CONFIRM_SELECT_METHOD), on: channel.number) { _ in
                amqp_confirm_select_t()
            }
        case .consumer(let subscriber, let index):
            try handle.send(amqp_method_number_t(AMQP_BASIC_QOS_METHOD), on: channel.number) { _ in
                var qos = amqp_basic_qos_t()
                // Per channel: RabbitMQ 4.3 refuses `global`.
                qos.prefetch_count = UInt16(clamping: subscriber.subscription.options.prefetch)
                return qos
            }
            if index < subscriber.wanted, !subscriber.isCancelled { try startConsuming(channel, subscriber) }
        case .operations, .getting: break
        }
    }

    /// Asks the broker to close a channel; what was delivered on it is dead from now on.
    func close(_ channel: AMQPChannel) throws(BrokerError) {
        guard let handle, channel.phase != .closed, channel.phase != .closing else { return }
        board.endGeneration(channel.generation)
        channel.phase = .closing
        channel.consuming = .off
        channel.waitingSince = EventLoopThread.now
        try handle.send(amqp_method_number_t(AMQP_CHANNEL_CLOSE_METHOD), on: channel.number) { arena in
            var close = amqp_channel_close_t()
            close.reply_code = 200
            close.reply_text = arena.bytes("done")
            return close
        }
    }

    /// The answers that are no content and no confirms.
    func obeyAnswer(_ method: amqp_method_t, _ channel: AMQPChannel) throws(BrokerError) {
        switch method.id {
        case amqp_method_number_t(AMQP_CHANNEL_OPEN_OK_METHOD): try opened(channel)
        case amqp_method_number_t(AMQP_CONFIRM_SELECT_OK_METHOD): publishingReady(channel)
        case amqp_method_number_t(AMQP_BASIC_QOS_OK_METHOD): break
        case amqp_method_number_t(AMQP_BASIC_CONSUME_OK_METHOD):
            if channel.phase != .proving {
                try consumeStarted(channel)
            } else if method.isProof(on: channel.number) {
                try close(channel)
            }
        case amqp_method_number_t(AMQP_BASIC_CANCEL_OK_METHOD): try consumeStopped(channel)
        case amqp_method_number_t(AMQP_BASIC_CANCEL_METHOD): try consumerCancelled(channel)
        case amqp_method_number_t(AMQP_CHANNEL_CLOSE_METHOD):
            let close = method.arguments(amqp_channel_close_t.self)
            try closedByBroker(
                channel, code: close?.reply_code ?? 0, text: close.map { String(repairing: $0.reply_text) } ?? "")
        case amqp_method_number_t(AMQP_CHANNEL_CLOSE_OK_METHOD): try closed(channel)
        case amqp_method_number_t(AMQP_BASIC_GET_EMPTY_METHOD), amqp_method_number_t(AMQP_QUEUE_DECLARE_OK_METHOD),
            amqp_method_number_t(AMQP_EXCHANGE_DECLARE_OK_METHOD), amqp_method_number_t(AMQP_QUEUE_BIND_OK_METHOD):
            try answered(method, channel)
        default:
            throw BrokerError(.disconnected, "unexpected method \(method.id) on channel \(channel.number)")
        }
    }

    private func opened(_ channel: AMQPChannel) throws(BrokerError) {
        guard channel.phase == .opening else { return }
        channel.phase = .open
        if channel.consuming != .starting, channel.consuming != .stopping { channel.waitingSince = nil }
        switch channel.use {
        case .operations, .getting: try operate(channel)
        case .publishing, .consumer: break
        }
    }

    private func publishingReady(_ channel: AMQPChannel) {
        failures = 0
        isBlocked = false
        board.setPublishing(nil)
    }

    private func closedByBroker(_ channel: AMQPChannel, code: UInt16, text: String) throws(BrokerError) {
        guard let handle else { return }
        board.endGeneration(channel.generation)
        try handle.send(amqp_method_number_t(AMQP_CHANNEL_CLOSE_OK_METHOD), on: channel.number) { _ in
            amqp_channel_close_ok_t()
        }
        // Both sides closed at once: the broker still answers ours.
        if channel.phase == .closing { return }
        channel.phase = .closed
        channel.consuming = .off
        channel.waitingSince = nil
        switch channel.use {
        case .publishing:
            publishingClosed(code: code, text: text)
            try open(channel)
        case .operations, .getting:
            operationFailed(channel, BrokerError(code: code, text: text))
            if channel.operations.isEmpty { channels[Int(channel.number)] = nil } else { try open(channel) }
        case .consumer(let subscriber, _):
            try consumerFailed(subscriber, channel, BrokerError(code: code, text: text))
        }
    }

    private func closed(_ channel: AMQPChannel) throws(BrokerError) {
        guard channel.phase == .closing else { return }
        channel.phase = .closed
        channel.waitingSince = nil
        if channel.isRetired {
            channels[Int(channel.number)] = nil
        } else if channel.reopenAt == nil {
            try open(channel)
        }
    }

    var nextReopening: Int64? {
        channels.lazy.compactMap { $0?.phase == .closed ? $0?.reopenAt : nil }.min()
    }

    func reopenChannels(_ now: Int64) throws(BrokerError) {
        for case let channel? in channels where channel.phase == .closed {
            guard let time = channel.reopenAt, time <= now else { continue }
            try open(channel)
        }
    }

    func checkAnswers(_ now: Int64) throws(BrokerError) {
        try checkConfirms(now)
        for case let channel? in channels {
            guard let since = channel.waitingSince, now - since > Self.answerTimeout else { continue }
            throw BrokerError(.disconnected, "no answer on channel \(channel.number) for \((now - since) / 1000) s")
        }
    }

    /// The connection is lost, and every channel with it.
    func forgetChannels(_ error: BrokerError) {
        for case let channel? in channels {
            board.endGeneration(channel.generation)
            channel.phase = .closed
            channel.consuming = .off
            channel.reopenAt = nil
            channel.waitingSince = nil
            channel.isDirty = false
            for operation in channel.operations { operation.fail(error) }
            channel.operations = []
            channel.isOperating = false
            if channel.isRetired { channels[Int(channel.number)] = nil }
        }
        dirtyChannels = []
        for subscriber in subscribers.values where subscriber.isCancelled || subscriber.isTemporary {
            end(subscriber, error)
        }
        temporaryQueues = []
    }
}
