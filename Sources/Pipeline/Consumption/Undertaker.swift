package import Messaging
package import ServiceRuntime
import StowageContract

/// Gives tasks that the broker ended their final event, or another chance.
package struct Undertaker: Sendable {
    private let configuration: PipelineConfiguration
    private let broker: any MessageBroker
    private let reader: TaskReader
    private let settler: TaskSettler
    private let lastWord: LastWord
    private let errorHandler: ErrorHandler
    private let time: TimeSource

    package init(
        configuration: PipelineConfiguration, broker: any MessageBroker, reader: TaskReader, settler: TaskSettler,
        lastWord: LastWord, time: TimeSource
    ) {
        self.configuration = configuration
        self.broker = broker
        self.reader = reader
        self.settler = settler
        self.lastWord = lastWord
        self.errorHandler = ErrorHandler(policy: configuration.retry)
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
            let error = ErrorReport(code: .unavailable, message: "the queue is full", retryable: true, place: .broker)
            try await end(delivery, body, error, received(delivery, body), mayHaveRunHere: false)
        }
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

    /// Sets a task aside that is under suspicion of ending its workers and was with another one that was lost.
    ///
    /// `false`: it is not, and the delivery is as it was. The broker's count of deliveries is no count of deaths: it
    /// offers a task to the channels of a dead connection that it has not closed yet.
    package func setAside(_ delivery: Delivery) async throws(Outbox.DeliveryLost) -> Bool {
        guard delivery.isRedelivered, !delivery.hasOversizedHeaders, case .complete(let body) = delivery.body,
            reader.envelope(delivery).history.last?.code == .poison
        else { return false }
        try await answerPoison(delivery, body)
        return true
    }

    /// Somebody beside the task may have ended its workers, so it gets further rounds; its body is not read.
    private func answerPoison(_ delivery: Delivery, _ body: [UInt8]) async throws(Outbox.DeliveryLost) {
        var envelope = reader.envelope(delivery)
        let error = ErrorReport(
            code: .poison, message: "the task ended its worker too often", retryable: false, place: .task)
        let now = time.now
        let deadline = reader.deadline(of: delivery, envelope, now: now)
        let identity = reader.identity(of: delivery, body: body, readsBody: false, now: now)
        let decision = errorHandler.afterDeaths(
            rounds: envelope.poisonRounds + 1, of: identity.id, deadline: deadline, now: now)
        guard case .retry(let level, _) = decision, let driver = TaskKey(delivery.routingKey).driver else {
            return try await end(delivery, body, error, nil, mayHaveRunHere: true)
        }
        envelope.history.append(
            AttemptRecord(
                number: envelope.sequence, driver: driver, startedAt: nil, endedAt: now, worker: nil,
                code: .poison, message: "a worker ended while it ran the task", ambiguous: true))
        envelope.attempt += 1
        envelope.deadline = deadline
        try await settler.hand(
            delivery, body: body, envelope, to: configuration.names.retry(level), key: delivery.routingKey)
        broker.settle(delivery, as: .acknowledge)
    }

    private func answerUnroutable(_ delivery: Delivery, _ body: [UInt8]) async throws(Outbox.DeliveryLost) {
        let key = TaskKey(delivery.routingKey)
        let isWellFormed = key.driver != nil && key.operation != nil
        let error = ErrorReport(
            code: isWellFormed ? .unknownDriver : .invalidTask,
            message: isWellFormed
                ? "no queue exists for this driver" : "the routing key is not <driver>.<operation>",
            retryable: false, place: .task)
        // Only in a copy has a worker noted the alternatives; what a producer misspelt goes nowhere.
        if isWellFormed, let received = received(delivery, body), received.envelope.isCopy,
            let next = received.slip.first
        {
            let reach = Reach(received.envelope, at: key.driver, mayHaveRunHere: false)
            return try await lastWord.handOver(received, after: error, to: next, reach)
        }
        try await end(delivery, body, error, received(delivery, body), mayHaveRunHere: false)
    }

    private func answerExpired(
        _ delivery: Delivery, _ body: [UInt8], isOwn: Bool
    ) async throws(Outbox.DeliveryLost) {
        let error = ErrorReport(
            code: isOwn ? .expired : .unavailable,
            message: isOwn ? "the message expired in its queue" : "no worker took the task in time",
            retryable: !isOwn, place: isOwn ? .task : .broker)
        // A queue does not say whether a worker had the message before it expired there.
        guard !isOwn, let received = try? reader.read(delivery, now: time.now), let next = received.slip.first else {
            return try await end(delivery, body, error, received(delivery, body), mayHaveRunHere: true)
        }
        let reach = Reach(received.envelope, at: received.task.driver, mayHaveRunHere: true)
        try await lastWord.handOver(received, after: error, to: next, reach)
    }

    /// The task as far as it can be looked for.
    private func received(_ delivery: Delivery, _ body: [UInt8]) -> ReceivedTask? {
        (try? reader.read(delivery, now: time.now)) ?? reader.outline(delivery, body: body, now: time.now)
    }

    /// The body of a task that may have killed whoever read it is left alone.
    private func end(
        _ delivery: Delivery, _ body: [UInt8], _ error: ErrorReport, _ received: ReceivedTask?, mayHaveRunHere: Bool
    ) async throws(Outbox.DeliveryLost) {
        let isPoison = error.code == .poison
        let identity = reader.identity(of: delivery, body: body, readsBody: !isPoison, now: time.now)
        let driver = TaskKey(delivery.routingKey).driver
        let reach = Reach(reader.envelope(delivery), at: driver, mayHaveRunHere: mayHaveRunHere)
        var error = error
        error.driver = identity.driver
        try await lastWord.end(delivery, body: body, as: error, identity, received, reach)
    }
}
