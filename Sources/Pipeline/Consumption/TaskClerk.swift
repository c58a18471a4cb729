package import Messaging
package import Observability
package import ServiceRuntime
import StowageContract

/// Takes one delivery from reading to settlement.
package struct TaskClerk: Sendable {
    private let broker: any MessageBroker
    private let reader: TaskReader
    private let runner: TaskRunner
    private let settler: TaskSettler
    private let undertaker: Undertaker
    private let lastWord: LastWord
    private let time: TimeSource
    private let logger: Logger
    private let metrics: MetricsRegistry
    private let ended: TaskCounters
    private let shutdown: ShutdownSignal

    package init(
        broker: any MessageBroker, reader: TaskReader, runner: TaskRunner, settler: TaskSettler,
        undertaker: Undertaker, lastWord: LastWord, time: TimeSource, logger: Logger, metrics: MetricsRegistry,
        shutdown: ShutdownSignal
    ) {
        self.broker = broker
        self.reader = reader
        self.runner = runner
        self.settler = settler
        self.undertaker = undertaker
        self.lastWord = lastWord
        self.time = time
        self.logger = logger
        self.metrics = metrics
        self.ended = TaskCounters(metrics)
        self.shutdown = shutdown
    }

    /// Runs the task in `delivery`; returns when it is settled or lost to somebody else.
    package func run(_ delivery: Delivery) async {
        do throws(Outbox.DeliveryLost) {
            if delivery.isRedelivered, try await undertaker.setAside(delivery) {
                return logger.warning(
                    "task set aside: workers ended while they ran it",
                    [
                        LogField("task.id", delivery.properties.messageID ?? ""),
                        LogField("routing.key", delivery.routingKey),
                    ])
            }
            let received: ReceivedTask
            do throws(UnreadableTask) {
                received = try reader.read(delivery, now: time.now)
            } catch {
                return try await refuse(delivery, error)
            }
            noteForgery(received.envelope, delivery)
            let attempt = await runner.run(received) { shutdown.isRequested }
            record(attempt, received)
            try await settler.settle(attempt, of: received)
        } catch {
            logger.debug("delivery lost before it was settled", [LogField("routing.key", delivery.routingKey)])
        }
    }

    /// Answers for a dead letter.
    package func bury(_ delivery: Delivery) async {
        do throws(Outbox.DeliveryLost) {
            try await undertaker.bury(delivery)
        } catch {
            logger.debug("dead letter lost before it was settled", [LogField("routing.key", delivery.routingKey)])
        }
    }

    private func refuse(_ delivery: Delivery, _ problem: UnreadableTask) async throws(Outbox.DeliveryLost) {
        let envelope = reader.envelope(delivery)
        noteForgery(envelope, delivery)
        metrics.counter("stowage_tasks_refused_total").increment()
        switch problem {
        case .refused(let identity, let error, let body):
            logger.warning(
                "task refused",
                [
                    LogField("task.id", identity.id), LogField("error.code", error.code.rawValue),
                    LogField("error", error.message),
                ])
            // It may have been understood before: by a worker with another configuration.
            let received = envelope.mayHaveRunBefore ? reader.outline(delivery, body: body, now: time.now) : nil
            let driver = TaskKey(delivery.routingKey).driver
            let reach = Reach(envelope, at: driver, mayHaveRunHere: delivery.isRedelivered && received != nil)
            try await lastWord.end(delivery, body: body, as: error, identity, received, reach)
        case .notRepublishable(let identity, let error):
            logger.warning("task refused", [LogField("task.id", identity.id), LogField("error", error.message)])
            try await settler.announceFailure(error, identity, envelope, delivery)
            broker.settle(delivery, as: .reject)
        }
    }

    private func noteForgery(_ envelope: TaskEnvelope, _ delivery: Delivery) {
        guard envelope.forgedHeaders > 0 else { return }
        metrics.counter("stowage_forged_headers_total").increment(by: Int64(envelope.forgedHeaders))
        logger.warning(
            "headers dropped that only a worker may set",
            [LogField("user", envelope.user ?? ""), LogField("routing.key", delivery.routingKey)])
    }

    private func record(_ attempt: JudgedAttempt, _ received: ReceivedTask) {
        let outcome = attempt.verdict.name
        ended.counter(received.task.driver, received.task.operation, outcome).increment()
        guard let error = attempt.verdict.error else {
            logger.debug("task done", [LogField("task.id", received.task.id), LogField("outcome", outcome)])
            return
        }
        logger.warning(
            "task failed",
            [
                LogField("task.id", received.task.id), LogField("driver.name", received.task.driver),
                LogField("operation", received.task.operation.rawValue), LogField("outcome", outcome),
                LogField("error.code", error.code.rawValue), LogField("error", error.message),
            ])
    }
}

extension TaskVerdict {
    /// For metrics and logs; a closed list.
    fileprivate var name: String {
        switch self {
        case .succeeded: "succeeded"
        case .retry: "retrying"
        case .postpone: "postponed"
        case .failover: "failedover"
        case .failed: "failed"
        case .cancelled: "cancelled"
        case .handBack: "handed-back"
        }
    }

    fileprivate var error: ErrorReport? {
        switch self {
        case .succeeded, .postpone, .cancelled, .handBack: nil
        case .retry(let error, _, _, _), .failover(let error, _, _), .failed(let error, _): error
        }
    }
}
