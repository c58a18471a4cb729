import Sharing
import CRabbitMQ
import Observability
import ServiceRuntime

extension AMQPConnection {
    private static let publishChannel: UInt16 = 1

    /// Unconfirmed bytes at most: more would make a write block before `connection.blocked` is seen (rule R11).
    private static let unconfirmedLimit = 256 << 10

    /// Longest wait for any confirm while the broker is not blocked; then the connection counts as hung.
    private static let confirmTimeout: Int64 = 120_000

    func openPublishing() throws(BrokerError) {
        let channel: AMQPChannel
        if let existing = self.channel(Self.publishChannel) {
            channel = existing
        } else {
            channel = AMQPChannel(
                number: Self.publishChannel, use: .publishing, maximumBodyBytes: configuration.maximumBodyBytes)
            channels.append(channel)
        }
        try open(channel)
    }

    func enqueue(_ publishes: [AMQPPublish]) {
        guard handle != nil else {
            for publish in publishes { publish.answer.resume(returning: .failure(.notConnected)) }
            return
        }
        publishQueue.append(contentsOf: publishes)
    }

    func sendPublishes() throws(BrokerError) {
        guard role == .publishing, publishHead < publishQueue.count, !isBlocked, let handle,
            let channel = channel(Self.publishChannel), channel.phase == .open
        else { return }
        try handle.gathering { () throws(BrokerError) in try sendFitting(channel, handle) }
        if publishHead == publishQueue.count {
            publishQueue.removeAll(keepingCapacity: true)
            publishHead = 0
        } else if publishHead > 1024, publishHead > publishQueue.count / 2 {
            publishQueue.removeFirst(publishHead)
            publishHead = 0
        }
    }

    private func sendFitting(_ channel: AMQPChannel, _ handle: AMQPHandle) throws(BrokerError) {
        while publishHead < publishQueue.count {
            let publish = publishQueue[publishHead]
            guard unconfirmedBytes == 0 || unconfirmedBytes + publish.bytes <= Self.unconfirmedLimit else { break }
            if confirms.count == 0 { lastConfirm = EventLoopThread.now }
            publishHead += 1
            // Before the write: if that fails, this one's fate is as unknown as that of the others.
            confirms.append(publish)
            unconfirmedBytes += publish.bytes
            try handle.publish(publish.message, on: channel.number)
        }
    }

    func confirm(_ number: UInt64, multiple: Bool, isRefused: Bool) {
        lastConfirm = EventLoopThread.now
        var bytes = 0
        confirms.settle(number, multiple: multiple, isRefused: isRefused) { publish, answer in
            bytes += publish.bytes
            switch answer {
            case .confirmed: publish.answer.resume(returning: .success(.confirmed))
            case .returned(let code, let text):
                publish.answer.resume(returning: .success(.returned(code: code, text: text)))
            case .refused:
                publish.answer.resume(
                    returning: .failure(BrokerError(.refused, "a queue is full or cannot take the message")))
            }
        }
        unconfirmedBytes -= bytes
    }

    func markReturned(
        code: Int, text: String, exchange: String, routingKey: String, _ properties: MessageProperties
    ) {
        confirms.markReturned(code: code, text: text) { publish in
            publish.message.isMandatory && publish.message.exchange.utf8.elementsEqual(exchange.utf8)
                && publish.message.routingKey.utf8.elementsEqual(routingKey.utf8)
                && (publish.message.properties.messageID ?? "").utf8
                    .elementsEqual((properties.messageID ?? "").utf8)
        }
    }

    /// The broker closed the channel for one of the publishes on it.
    func publishingClosed(code: UInt16, text: String) {
        let error = BrokerError(code: code, text: text)
        let pending = confirms.removeAll()
        unconfirmedBytes = 0
        logger.warning("the broker closed the publishing channel", [LogField("error.message", error)])
        // It does not say which one. Those that fit the reason fail for good; the others lost only their answer.
        let guilty = pending.filter { $0.message.isBlamed(code: code, text: text) }
        for publish in pending {
            let isGuilty = pending.count == 1 || publish.message.isBlamed(code: code, text: text)
            let lost = BrokerError(.disconnected, "the channel was closed for another message: \(text)")
            publish.answer.resume(returning: .failure(isGuilty ? error : lost))
        }
        if guilty.isEmpty, pending.count > 1 {
            logger.warning("no publish fits the broker's reason", [LogField("publishes", pending.count)])
        }
    }

    func failPublishes(_ error: BrokerError) {
        let pending = confirms.removeAll() + publishQueue[publishHead...]
        publishQueue = []
        publishHead = 0
        unconfirmedBytes = 0
        for publish in pending { publish.answer.resume(returning: .failure(error)) }
    }

    func endPublishing() {
        isBlocked = false
    }

    /// The confirm of the oldest publish is overdue.
    func checkConfirms(_ now: Int64) throws(BrokerError) {
        guard confirms.count > 0, !isBlocked, now - lastConfirm > Self.confirmTimeout else { return }
        throw BrokerError(.disconnected, "no confirm for \((now - lastConfirm) / 1000) s")
    }
}

extension OutgoingMessage {
    /// Whether the broker's words can mean this message.
    func isBlamed(code: UInt16, text: String) -> Bool {
        switch Int32(code) {
        case AMQP_NOT_FOUND: text.contains(utf8: "exchange '\(exchange)'")
        case AMQP_ACCESS_REFUSED:
            text.contains(utf8: "exchange '\(exchange)'")
                && (!text.contains(utf8: "topic '") || text.contains(utf8: "topic '\(routingKey)'"))
        case AMQP_PRECONDITION_FAILED:
            properties.userID.map { text.contains(utf8: "'\($0)'") && text.contains(utf8: "user_id") } ?? false
                || text.contains(utf8: "message size \(body.count) ")
        default: false
        }
    }
}

extension String {
    /// Whether `part` occurs, byte for byte.
    func contains(utf8 part: String) -> Bool {
        let whole = Array(utf8)
        let wanted = Array(part.utf8)
        guard wanted.count <= whole.count else { return false }
        return (0...(whole.count - wanted.count)).contains { whole[$0..<($0 + wanted.count)].elementsEqual(wanted) }
    }
}
