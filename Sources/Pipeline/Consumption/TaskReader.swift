import Cryptography
package import Messaging
package import Storage
package import StowageContract

/// Turns deliveries into tasks, or into an answer to whoever sent them.
package struct TaskReader: Sendable {
    private let trust: HeaderTrust
    private let inlineBytes: Int
    private let settings: @Sendable (DriverName) -> DriverSettings?

    package init(
        trust: HeaderTrust, inlineBytes: Int, settings: @escaping @Sendable (DriverName) -> DriverSettings?
    ) {
        self.trust = trust
        self.inlineBytes = inlineBytes
        self.settings = settings
    }

    /// What the message says besides its body.
    package func envelope(_ delivery: Delivery) -> TaskEnvelope { TaskEnvelope(delivery, trust: trust) }

    /// The task, checked against the contract and the configuration; nothing of it has been touched yet.
    package func read(_ delivery: Delivery, now: Timestamp) throws(UnreadableTask) -> ReceivedTask {
        let envelope = envelope(delivery)
        let body = try republishableBody(delivery, envelope)
        let task: StorageTask
        do throws(TaskProblem) {
            task = try StorageTask.read(
                body: body, routingKey: delivery.routingKey, messageID: envelope.messageID,
                isFirstDelivery: !envelope.isCopy, limits: TaskLimits(inlineBytes: inlineBytes), now: now)
        } catch {
            throw .refused(identity(error, envelope, body), error.report, body: body)
        }
        let refuse = { (code: ErrorCode, message: String) in
            UnreadableTask.refused(
                TaskIdentity(task),
                ErrorReport(code: code, message: message, retryable: false, place: .task, driver: task.driver),
                body: body)
        }
        if let replyTo = envelope.replyTo, !ReplyKey.isValid(replyTo) {
            throw refuse(.invalidTask, "reply-to must be 22 to 128 characters of [A-Za-z0-9_-]")
        }
        guard let settings = settings(task.driver) else {
            throw refuse(.unknownDriver, "no driver of this name is configured")
        }
        let slip = task.operation == .store ? envelope.slip ?? task.fallbacks ?? settings.fallbacks : []
        let received = ReceivedTask(
            delivery: delivery, body: body, envelope: envelope, task: task,
            slip: slip.filter { $0 != task.driver }, deadline: deadline(of: task, delivery, envelope, now: now),
            startedAt: now)
        try checkPeers(of: received, refuse)
        return received
    }

    /// The task without the checks that need the configuration: enough to look for it and to hand it on, never to run it.
    ///
    /// `nil`: it cannot be understood at all. Other drivers stand in its slip only where a worker has noted them.
    package func outline(_ delivery: Delivery, body: [UInt8], now: Timestamp) -> ReceivedTask? {
        let envelope = envelope(delivery)
        guard
            let task = try? StorageTask.read(
                body: body, routingKey: delivery.routingKey, messageID: envelope.messageID,
                isFirstDelivery: !envelope.isCopy, limits: TaskLimits(inlineBytes: .max), now: now)
        else { return nil }
        let slip = task.operation == .store ? envelope.slip ?? [] : []
        return ReceivedTask(
            delivery: delivery, body: body, envelope: envelope, task: task, slip: slip.filter { $0 != task.driver },
            deadline: deadline(of: task, delivery, envelope, now: now), startedAt: now)
    }

    /// Whom an event about `delivery` is about, as far as it can be understood.
    ///
    /// The body of a message that may have killed whoever read it is left alone (`readsBody`).
    package func identity(of delivery: Delivery, body: [UInt8], readsBody: Bool, now: Timestamp) -> TaskIdentity {
        let envelope = envelope(delivery)
        if readsBody {
            do throws(TaskProblem) {
                let task = try StorageTask.read(
                    body: body, routingKey: delivery.routingKey, messageID: envelope.messageID,
                    isFirstDelivery: !envelope.isCopy, limits: TaskLimits(inlineBytes: inlineBytes), now: now)
                return TaskIdentity(task)
            } catch {
                return identity(error, envelope, body)
            }
        }
        let key = TaskKey(delivery.routingKey)
        return TaskIdentity(
            id: envelope.messageID.flatMap(TaskID.init)?.text
                ?? TaskID.forUnreadable(sha256Hex: SHA256Hasher.digest(of: body).hexadecimal).text,
            operation: key.operation, driver: key.driver)
    }

    private func republishableBody(
        _ delivery: Delivery, _ envelope: TaskEnvelope
    ) throws(UnreadableTask) -> [UInt8] {
        let problem: String
        switch delivery.body {
        case .complete(let body) where !delivery.hasOversizedHeaders: return body
        case .complete: problem = "the message's headers are larger than 32 KiB"
        case .tooLarge(let bytes): problem = "the message's body of \(bytes) bytes is larger than limits.taskBytes"
        }
        let hint = "\(delivery.routingKey)/\(problem)/\(delivery.properties.timestamp ?? 0)"
        let identity = TaskIdentity(
            id: envelope.messageID.flatMap(TaskID.init)?.text
                ?? TaskID.forUnreadable(sha256Hex: SHA256Hasher.digest(of: Array(hint.utf8)).hexadecimal).text)
        throw .notRepublishable(
            identity, ErrorReport(code: .invalidTask, message: problem, retryable: false, place: .task))
    }

    private func identity(_ problem: TaskProblem, _ envelope: TaskEnvelope, _ body: [UInt8]) -> TaskIdentity {
        TaskIdentity(
            id: problem.id?.text ?? envelope.messageID.flatMap(TaskID.init)?.text
                ?? TaskID.forUnreadable(sha256Hex: SHA256Hasher.digest(of: body).hexadecimal).text,
            operation: problem.operation, driver: problem.driver, labels: problem.labels)
    }

    /// A task may name other drivers only among the peers of the one it was sent to.
    private func checkPeers(
        of received: ReceivedTask, _ refuse: (ErrorCode, String) -> UnreadableTask
    ) throws(UnreadableTask) {
        let sentTo = received.sentTo
        guard let settings = settings(sentTo) else { return }
        for name in received.task.otherDrivers where name != sentTo && !settings.allows(name) {
            throw refuse(.permissionDenied, "driver \(name) is no peer of \(sentTo)")
        }
    }

    private func deadline(
        of task: StorageTask, _ delivery: Delivery, _ envelope: TaskEnvelope, now: Timestamp
    ) -> Timestamp? {
        guard let wall = self.deadline(of: delivery, envelope, now: now) else { return task.options.deadline }
        return min(task.options.deadline ?? wall, wall)
    }

    /// What the message alone says: its expiration, which the broker moves into `x-death`, or what a worker noted.
    package func deadline(of delivery: Delivery, _ envelope: TaskEnvelope, now: Timestamp) -> Timestamp? {
        var expiration = delivery.properties.expiration
        if expiration == nil, case .array(let deaths) = delivery.properties.headers["x-death"],
            case .table(let last) = deaths.first
        {
            expiration = last["original-expiration"]?.text
        }
        guard let expiration, let milliseconds = Int64(expiration), milliseconds >= 0 else { return envelope.deadline }
        let sent = delivery.properties.timestamp.map { Timestamp(millisecondsSinceEpoch: $0 &* 1000) }
        let wall = min(sent ?? now, now).advanced(byMilliseconds: min(milliseconds, 1 << 40))
        return min(envelope.deadline ?? wall, wall)
    }
}

extension StorageTask {
    /// Every driver besides its own that the task names.
    package var otherDrivers: [DriverName] {
        var names = fallbacks ?? []
        switch data {
        case .store(let data):
            names += data.copies
            if case .handle(let reference) = data.source, let driver = reference.driver { names.append(driver) }
        case .copy(let data):
            names.append(data.to)
        case .retrieve, .delete, .stat, .list, .verify, .presign, .retain, .check, .capacity: break
        }
        return names
    }
}
