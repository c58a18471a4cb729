package import Messaging
package import ServiceRuntime
package import StowageContract

/// Says what became of a task and then settles its message, in this order: event, confirmed; then the acknowledgement.
///
/// A crash in between gives a second event with the same id, never a loss.
package struct TaskSettler: Sendable {
    private let broker: any MessageBroker
    private let outbox: Outbox
    private let notifications: NotificationService
    private let names: TopologyNames
    private let time: TimeSource

    package init(
        broker: any MessageBroker, outbox: Outbox, notifications: NotificationService, names: TopologyNames,
        time: TimeSource
    ) {
        self.broker = broker
        self.outbox = outbox
        self.notifications = notifications
        self.names = names
        self.time = time
    }

    /// Settles a task that was run.
    package func settle(_ attempt: JudgedAttempt, of received: ReceivedTask) async throws(Outbox.DeliveryLost) {
        let identity = TaskIdentity(received.task)
        switch attempt.verdict {
        case .handBack:
            broker.settle(received.delivery, as: .requeue)
            return
        case .handOver(let checkpoint):
            try await hand(
                received.delivery, body: received.body, received.nextSlice(from: checkpoint), to: names.tasks,
                key: received.delivery.routingKey)
        case .postpone(let level):
            var waiting = received.envelope
            waiting.deadline = received.deadline
            try await hand(
                received.delivery, body: received.body, waiting, to: names.retry(level),
                key: received.delivery.routingKey)
        case .succeeded(let result, let removal):
            for task in FollowUp.tasks(of: result, labels: received.task.labels) {
                try await follow(up: task, received)
            }
            try await succeed(
                result, removal, received, identity, attempts: received.envelope.history + [attempt.record])
        case .cancelled(let by):
            CrashPoint.reach(.beforeEvent)
            try await announce(.cancelled(by: by), identity, received)
            try await notifications.reply(
                .cancelled(by: by), of: identity, received.envelope, for: received.delivery)
            CrashPoint.reach(.afterEvent)
        case .retry(let error, let level, let at, let isCounted):
            var next = received.next(after: attempt.record)
            if isCounted { next.attempt += 1 }
            next.slip = received.slip
            try await hand(
                received.delivery, body: received.body, next, to: names.retry(level), key: received.delivery.routingKey)
            try await announce(.retrying(error, retryAt: at), identity, received)
        case .failover(let error, let driver, let rest):
            try await handOver(received, attempt.record, error, to: driver, rest: rest)
        case .failed(let error, let possibleCopies):
            var next = received.next(after: attempt.record)
            next.slip = received.slip
            try await fail(
                error, possibleCopies: possibleCopies, identity, received.envelope, parkedAs: next,
                received.delivery, body: received.body)
        }
        CrashPoint.reach(.beforeAcknowledgement)
        broker.settle(received.delivery, as: .acknowledge)
    }

    /// Announces a failure and parks the task; the caller acknowledges.
    package func fail(
        _ error: ErrorReport, possibleCopies: [DriverName] = [], _ identity: TaskIdentity, _ envelope: TaskEnvelope,
        parkedAs parked: TaskEnvelope, _ delivery: Delivery, body: [UInt8]
    ) async throws(Outbox.DeliveryLost) {
        try await announceFailure(
            error, attempts: parked.history, possibleCopies: possibleCopies, identity, envelope, delivery)
        var copy = TaskCopy(of: delivery, body: body, envelope: parked)
        copy.note(error, reason: error.code.rawValue, at: time.now)
        try await outbox.publish(
            copy.message(to: names.dead, routingKey: delivery.routingKey, as: broker.user), mustBeRouted: true,
            for: delivery)
    }

    /// Announces a failure without parking anything.
    package func announceFailure(
        _ error: ErrorReport, attempts: [AttemptRecord] = [], possibleCopies: [DriverName] = [],
        _ identity: TaskIdentity, _ envelope: TaskEnvelope, _ delivery: Delivery
    ) async throws(Outbox.DeliveryLost) {
        let happening = TaskEvent.Happening.failed(error, attempts: attempts, possibleCopies: possibleCopies)
        CrashPoint.reach(.beforeEvent)
        try await notifications.announce(happening, of: identity, envelope, for: delivery)
        try await notifications.reply(happening, of: identity, envelope, for: delivery)
        CrashPoint.reach(.afterEvent)
    }

    /// Hands a store over to the alternative driver; the caller acknowledges.
    package func handOver(
        _ received: ReceivedTask, _ record: AttemptRecord, _ error: ErrorReport, to driver: DriverName,
        rest: [DriverName]
    ) async throws(Outbox.DeliveryLost) {
        var next = received.next(after: record)
        next.attempt = 1
        next.slip = rest
        let key = "\(driver).\(received.task.operation.rawValue)"
        try await hand(received.delivery, body: received.body, next, to: names.tasks, key: key)
        try await announce(
            .failedOver(error, from: received.task.driver, to: driver), TaskIdentity(received.task), received)
    }

    /// Publishes a copy for somebody else to go on with.
    package func hand(
        _ delivery: Delivery, body: [UInt8], _ envelope: TaskEnvelope, to exchange: String, key: String
    ) async throws(Outbox.DeliveryLost) {
        let copy = TaskCopy(of: delivery, body: body, envelope: envelope)
        try await outbox.publish(
            copy.message(to: exchange, routingKey: key, as: broker.user), mustBeRouted: true, for: delivery)
    }

    /// Publishes a task of ours on behalf of whoever sent the one in `received`.
    private func follow(up task: StorageTask, _ received: ReceivedTask) async throws(Outbox.DeliveryLost) {
        var envelope = TaskEnvelope()
        envelope.user = received.envelope.user
        envelope.firstAt = received.startedAt
        let copy = TaskCopy(of: received.delivery, body: task.encoded(), envelope: envelope)
        var message = copy.message(
            to: names.tasks, routingKey: "\(task.driver).\(task.operation.rawValue)", as: broker.user)
        message.properties.messageID = task.id.text
        message.properties.correlationID = received.envelope.correlationID ?? received.task.id.text
        message.properties.replyTo = nil
        try await outbox.publish(message, mustBeRouted: true, for: received.delivery)
    }

    private func succeed(
        _ result: TaskResult, _ removal: (any SourceRemoval)?, _ received: ReceivedTask, _ identity: TaskIdentity,
        attempts: [AttemptRecord]
    ) async throws(Outbox.DeliveryLost) {
        let duration = time.now.millisecondsSinceEpoch - received.startedAt.millisecondsSinceEpoch
        let happening = TaskEvent.Happening.succeeded(
            result, durationMilliseconds: max(0, duration), attempts: attempts)
        CrashPoint.reach(.beforeEvent)
        if result.isConfidential {
            let isTaken = try await notifications.replyInConfidence(
                happening, of: identity, received.envelope, for: received.delivery)
            guard isTaken else { return try await failForWantOfRequester(received, identity, attempts) }
            try await announce(happening, identity, received)
        } else {
            try await announce(happening, identity, received)
            try await notifications.reply(happening, of: identity, received.envelope, for: received.delivery)
        }
        CrashPoint.reach(.afterEvent)
        if let removal, let reason = await removal.remove() {
            try await announce(.sourceKept(reason: reason), identity, received)
        }
    }

    private func failForWantOfRequester(
        _ received: ReceivedTask, _ identity: TaskIdentity, _ attempts: [AttemptRecord]
    ) async throws(Outbox.DeliveryLost) {
        var parked = received.envelope
        parked.history = attempts
        let error = ErrorReport(
            code: .notFound, message: "nobody takes replies under reply-to", retryable: true, place: .destination,
            driver: received.task.driver)
        try await fail(
            error, identity, received.envelope, parkedAs: parked, received.delivery, body: received.body)
    }

    private func announce(
        _ happening: TaskEvent.Happening, _ identity: TaskIdentity, _ received: ReceivedTask
    ) async throws(Outbox.DeliveryLost) {
        try await notifications.announce(happening, of: identity, received.envelope, for: received.delivery)
    }
}

extension TaskResult {
    /// Whether it holds what only the requester may see.
    fileprivate var isConfidential: Bool {
        switch self {
        case .retrieve(let result): result.inline != nil
        case .presign: true
        default: false
        }
    }
}
