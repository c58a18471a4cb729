import CRabbitMQ
import Observability
import ServiceRuntime

/// How a channel, and the whole connection, ends without losing what was settled last.
///
/// Only what goes through a quorum queue's log proves that the commands before it did: of the methods that change nothing,
/// `basic.consume`. By its answer the earlier commands are applied, and the notices of that stand in front of whatever the
/// channel's process reads next, so that it hands on what it kept back before it obeys the close.
extension AMQPConnection {
    /// Asks the queue for an answer if settlements of the channel may be kept back; returns whether it did.
    ///
    /// The channel settles nothing any more.
    func prove(_ channel: AMQPChannel) throws(BrokerError) -> Bool {
        guard let handle, channel.phase == .open, channel.backlog.isOwed, let queue = channel.provingQueue
        else { return false }
        board.endGeneration(channel.generation)
        channel.phase = .proving
        channel.waitingSince = EventLoopThread.now
        // Without credit it is given nothing; else at most one message, which is back in its queue as soon as the channel
        // is closed.
        try handle.send(amqp_method_number_t(AMQP_BASIC_QOS_METHOD), on: channel.number) { _ in
            var qos = amqp_basic_qos_t()
            qos.prefetch_count = 1
            return qos
        }
        try handle.send(amqp_method_number_t(AMQP_BASIC_CONSUME_METHOD), on: channel.number) { arena in
            var consume = amqp_basic_consume_t()
            consume.queue = arena.bytes(queue)
            consume.consumer_tag = arena.bytes(channel.provingTag)
            if handle.obeysCredit {
                consume.arguments = arena.table(["x-credit": .table(["credit": .integer(0), "drain": .bool(false)])])
            }
            return consume
        }
        return true
    }

    /// Closes a channel for good, after the proof if one is needed.
    func retire(_ channel: AMQPChannel) throws(BrokerError) {
        if try !prove(channel) { try close(channel) }
    }

    /// Asks for the proof on every channel that needs one; returns their numbers.
    func proveChannels() throws(BrokerError) -> Set<UInt16> {
        var numbers: Set<UInt16> = []
        for case let channel? in channels {
            let isAsked = try prove(channel)
            if isAsked || channel.phase == .proving { numbers.insert(channel.number) }
        }
        return numbers
    }

    /// Takes no notice of anything but the proofs, and what makes waiting for them vain.
    func obeyProving(_ frame: amqp_frame_t, _ handle: AMQPHandle) {
        if frame.isMethod(AMQP_CONNECTION_CLOSE_METHOD) { return finishClosing() }
        let isAnswer = frame.isMethod(AMQP_BASIC_CONSUME_OK_METHOD) && frame.payload.method.isProof(on: frame.channel)
        if isAnswer || frame.isMethod(AMQP_CHANNEL_CLOSE_METHOD) || frame.isMethod(AMQP_CHANNEL_CLOSE_OK_METHOD) {
            unproved.remove(frame.channel)
        }
        if unproved.isEmpty { sendClose(handle) }
    }

    /// The broker owes proofs still.
    func giveUpProving() {
        logger.warning(
            "the broker did not answer in time; what was settled last may be delivered again",
            [LogField("channels", unproved.count)])
        finishClosing()
    }
}

extension AMQPHandle {
    /// Whether the broker obeys `x-credit`, an argument of `basic.consume`: RabbitMQ 3 does, 4.0.5 passes it over, and a
    /// broker may refuse what it does not know of this kind of queue.
    fileprivate var obeysCredit: Bool {
        guard let table = amqp_get_server_properties(state), let properties = FieldTable(table.pointee),
            case .string(let version) = properties["version"]
        else { return false }
        return version.hasPrefix("3.")
    }
}

extension AMQPChannel {
    /// Deliveries whose settlements can never exceed what the broker hands on at once: half of it, because in a cluster
    /// a delivery may overtake the notice that made room for it.
    private static let harmlessPrefetch = SettlementBacklog.limit / 2

    var provingTag: String { Self.provingTag(number) }

    static func provingTag(_ number: UInt16) -> String { "stowage-\(number)-last" }

    /// The queue that can prove what was settled; `nil` where nothing is lost with the channel.
    fileprivate var provingQueue: String? {
        switch use {
        case .publishing, .operations: return nil
        case .getting(let queue): return queue
        case .consumer(let subscriber, _):
            // A stream keeps what it has; a temporary queue ends with the connection.
            guard !subscriber.isStream, !subscriber.isTemporary else { return nil }
            let isHarmless = subscriber.subscription.options.prefetch <= Self.harmlessPrefetch
            return isHarmless ? nil : subscriber.subscription.queue
        }
    }
}

extension amqp_method_t {
    /// Whether it answers the consumption that only proves something.
    func isProof(on channel: UInt16) -> Bool {
        guard let answer = arguments(amqp_basic_consume_ok_t.self) else { return false }
        return String(repairing: answer.consumer_tag) == AMQPChannel.provingTag(channel)
    }
}
