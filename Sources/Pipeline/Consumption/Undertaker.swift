package import Messaging
package import ServiceRuntime
import StowageContract

/// Gives tasks that the broker ended their final event, or another chance.
package struct Undertaker: Sendable {
    private let configuration: PipelineConfiguration
    private let broker: any MessageBroker
    private let reader: TaskReader
    private let settler: TaskSettler
    private let time: TimeSource

    package init(
        configuration: PipelineConfiguration, broker: any MessageBroker, reader: TaskReader, settler: TaskSettler,
        time: TimeSource
    ) {
        self.configuration = configuration
        self.broker = broker
        self.reader = reader
        self.settler = settler
        self.time = time
    }

    /// Answers for one dead letter and settles it.
    package func bury(_ delivery: Delivery) async throws(Outbox.DeliveryLost) {
        let death = DeathReason(delivery, names: configuration.names)
        // It had its event before a worker rejected it.
        if death == .rejected { return broker.settle(delivery, as: .reject) }
        guard case .complete(let body) = delivery.body, !delivery.hasOversizedHeaders else {
            return try await dismiss(delivery)
        }
        switch death {
        case .deliveryLimit: try await answerPoison(delivery, body)
        case .unroutable: try await answerUnroutable(delivery, body)
        case .expired(let isOwn): try await answerExpired(delivery, body, isOwn: isOwn)
        case .rejected, .lengthLimit:
            try await end(
                delivery, body,
                ErrorReport(code: .unavailable, message: "the queue is full", retryable: true, place: .broker))
        }
        broker.settle(delivery, as: .acknowledge)
    }

    /// What cannot be published again is announced and rejected: the queue's dead-letter exchange parks it.
    ///
    /// Headers that are too large also hide that a worker has announced it before: then it is said twice, with one id.
    private func dismiss(_ delivery: Delivery) async throws(Outbox.DeliveryLost) {
        do throws(UnreadableTask) {
            _ = try reader.read(delivery, now: time.now)
        } catch {
            switch error {
            case .refused(let identity, let error, _), .notRepublishable(let identity, let error):
                try await settler.announceFailure(error, identity, reader.envelope(delivery), delivery)
            }
        }
        broker.settle(delivery, as: .reject)
    }

    /// A task that killed its workers may have been innocent once, never twice; its body is not read.
    private func answerPoison(_ delivery: Delivery, _ body: [UInt8]) async throws(Outbox.DeliveryLost) {
        var envelope = reader.envelope(delivery)
        let error = ErrorReport(
            code: .poison, message: "the task ended its worker too often", retryable: false, place: .task)
        guard !envelope.hasPoisonHistory, let driver = TaskKey(delivery.routingKey).driver else {
            try await end(delivery, body, error, readsBody: false)
            return
        }
        let level = configuration.retry.level(after: envelope.attempt)
        envelope.history.append(
            AttemptRecord(
                number: envelope.sequence, driver: driver, startedAt: nil, endedAt: time.now, worker: nil,
                code: .poison, message: error.message, ambiguous: true))
        envelope.attempt += 1
        envelope.deadline = reader.deadline(of: delivery, envelope, now: time.now)
        try await settler.hand(
            delivery, body: body, envelope, to: configuration.names.retry(level), key: delivery.routingKey)
    }

    private func answerUnroutable(_ delivery: Delivery, _ body: [UInt8]) async throws(Outbox.DeliveryLost) {
        let key = TaskKey(delivery.routingKey)
        let isWellFormed = key.driver != nil && key.operation != nil
        try await end(
            delivery, body,
            ErrorReport(
                code: isWellFormed ? .unknownDriver : .invalidTask,
                message: isWellFormed
                    ? "no queue exists for this driver" : "the routing key is not <driver>.<operation>",
                retryable: false, place: .task))
    }

    private func answerExpired(
        _ delivery: Delivery, _ body: [UInt8], isOwn: Bool
    ) async throws(Outbox.DeliveryLost) {
        let error = ErrorReport(
            code: isOwn ? .expired : .unavailable,
            message: isOwn ? "the message expired in its queue" : "no worker took the task in time",
            retryable: !isOwn, place: isOwn ? .task : .broker)
        guard !isOwn, let received = try? reader.read(delivery, now: time.now), let next = received.slip.first,
            received.task.operation == .store
        else {
            try await end(delivery, body, error)
            return
        }
        let record = AttemptRecord(
            number: received.envelope.sequence, driver: received.task.driver, startedAt: nil, endedAt: time.now,
            worker: configuration.worker, code: error.code, message: error.message, ambiguous: false)
        try await settler.handOver(
            received, record, error, to: next, rest: Array(received.slip.dropFirst()))
    }

    /// Where a store may stand although it failed: nobody is asked here.
    private func possibleCopies(
        _ delivery: Delivery, _ identity: TaskIdentity, _ envelope: TaskEnvelope
    ) -> [DriverName] {
        guard identity.operation == .store, let driver = TaskKey(delivery.routingKey).driver else { return [] }
        // A queue does not say whether a worker had the message before it expired there.
        let mayHaveReached =
            switch DeathReason(delivery, names: configuration.names) {
            case .deliveryLimit, .expired: true
            case .unroutable, .rejected, .lengthLimit: false
            }
        return envelope.earlierDrivers(than: driver) + (mayHaveReached ? [driver] : [])
    }

    private func end(
        _ delivery: Delivery, _ body: [UInt8], _ error: ErrorReport, readsBody: Bool = true
    ) async throws(Outbox.DeliveryLost) {
        let envelope = reader.envelope(delivery)
        let identity = reader.identity(of: delivery, body: body, readsBody: readsBody, now: time.now)
        var error = error
        error.driver = identity.driver
        try await settler.fail(
            error, possibleCopies: possibleCopies(delivery, identity, envelope), identity, envelope,
            parkedAs: envelope, delivery, body: body)
    }
}
