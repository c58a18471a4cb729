import Sharing
import CRabbitMQ
import Observability
import ServiceRuntime

extension AMQPConnection {
    /// Starts connecting when it is time; looks after channels and answers that are due.
    func keepChannels() throws(BrokerError) {
        let now = EventLoopThread.now
        switch phase {
        case .waiting(let time):
            if now >= time { startConnecting() }
        case .proving(_, let deadline):
            if now >= deadline { giveUpProving() }
        case .closing(_, let deadline):
            if now >= deadline { finishClosing() }
        case .open:
            guard now >= nextCheck || nextReopening.map({ $0 <= now }) == true else { return }
            nextCheck = now + 1000
            try reopenChannels(now)
            try renewIdleConsumers(now)
            try checkAnswers(now)
        case .connecting, .closed: break
        }
    }

    /// On a thread of its own: name resolution, connecting and the handshake block, and the other connection must go on.
    private func startConnecting() {
        phase = .connecting
        if endpoints.isEmpty { endpoints = configuration.endpoints.shuffled() }
        guard let endpoint = endpoints.popLast() else {
            return phase = .waiting(until: EventLoopThread.now + configuration.backoff.longest.milliseconds)
        }
        let name = "\(configuration.connectionName) (\(role.rawValue))"
        EventLoopThread.detach(stackBytes: 8 << 20) { [inbox, configuration] in
            let result = Result { () throws(BrokerError) in
                try AMQPHandle.connect(to: endpoint, configuration, name: name)
            }
            inbox.request(.connected(result))
        }
    }

    func adopt(_ result: Result<AMQPHandle, BrokerError>) throws(BrokerError) {
        guard case .connecting = phase else { return }
        switch result {
        case .failure(let error):
            logger.warning(
                "cannot connect to the broker", [LogField("error.message", error), LogField("attempt", failures)])
            retryLater(error)
        case .success(let handle):
            phase = .open(handle)
            watched.withLock { $0 = handle }
            mayHaveInput = true
            nextCheck = 0
            logger.info("connected to the broker")
            switch role {
            case .publishing: try openPublishing()
            case .consuming:
                failures = 0
                try resumeConsuming()
                board.setConsuming(nil)
            }
        }
    }

    private func retryLater(_ error: BrokerError) {
        report(error)
        let wait = configuration.backoff.wait(attempt: failures)
        failures += 1
        phase = .waiting(until: EventLoopThread.now + wait.milliseconds)
    }

    private func report(_ error: BrokerError) {
        switch role {
        case .publishing: board.setPublishing(error)
        case .consuming: board.setConsuming(error)
        }
    }

    /// The connection is gone: what waited for it fails, its deliveries are dead, and it is made again.
    func lose(_ error: BrokerError) {
        switch phase {
        case .open:
            logger.warning("lost the connection to the broker", [LogField("error.message", error)])
            var lost = error
            lost.kind = .disconnected
            forgetChannels(lost)
            failPublishes(lost)
            endPublishing()
            retryLater(lost)
            watched.withLock { $0 = nil }
        case .proving, .closing: finishClosing()
        case .waiting, .connecting, .closed: break
        }
    }

    /// Sends what was settled, has the broker keep none of it back, then asks it to close.
    func close(_ continuation: Handover<Void>) {
        closers.append(continuation)
        switch phase {
        case .proving, .closing: return
        case .open, .waiting, .connecting, .closed: break
        }
        guard let handle else { return finishClosing() }
        do throws(BrokerError) {
            try flushAcknowledgements(isIdle: true)
            unproved = try proveChannels()
        } catch {
            return finishClosing()
        }
        // An answer may never come: in an alarm the broker does not read from us (rule R19).
        phase = .proving(handle, deadline: EventLoopThread.now + 2000)
        forgetChannels(.closedByUs)
        failPublishes(.closedByUs)
        if unproved.isEmpty { sendClose(handle) }
    }

    func sendClose(_ handle: AMQPHandle) {
        guard case .proving(_, let deadline) = phase else { return }
        phase = .closing(handle, deadline: deadline)
        do throws(BrokerError) {
            try handle.send(amqp_method_number_t(AMQP_CONNECTION_CLOSE_METHOD), on: 0) { arena in
                var close = amqp_connection_close_t()
                close.reply_code = 200
                close.reply_text = arena.bytes("closed by the client")
                return close
            }
        } catch {
            finishClosing()
        }
    }

    func finishClosing() {
        forgetChannels(.closedByUs)
        failPublishes(.closedByUs)
        phase = .closed
        watched.withLock { $0 = nil }
        for subscriber in subscribers.values { end(subscriber, .closedByUs) }
        let rest = inbox.close()
        for publish in rest.publishes { publish.answer.resume(returning: .failure(.closedByUs)) }
        for request in rest.requests { request.fail(.closedByUs) }
        for closer in closers { closer.resume() }
        closers = []
    }
}
