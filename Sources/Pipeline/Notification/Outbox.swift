package import Messaging
package import Observability
package import ServiceRuntime

/// Publishes for a delivery until the broker has answered, however long that takes.
///
/// What a task has to say must be out before the task is acknowledged; as long as the delivery is ours, nobody else
/// will say it. When the delivery is lost the broker hands it to somebody again, and saying it becomes their duty.
package struct Outbox: Sendable {
    private let broker: any MessageBroker
    private let time: TimeSource
    private let logger: Logger
    private let retries: Metric

    package init(broker: any MessageBroker, time: TimeSource, logger: Logger, metrics: MetricsRegistry) {
        self.broker = broker
        self.time = time
        self.logger = logger
        self.retries = metrics.counter("stowage_publish_retries_total")
    }

    /// The delivery is no longer ours, or the process is ending: leave it unsettled.
    package struct DeliveryLost: Error {}

    /// Publishes what belongs to no delivery until it is confirmed.
    ///
    /// - Throws: when the broker is closed or the task is cancelled.
    package func publish(_ message: OutgoingMessage) async throws(DeliveryLost) {
        var failures = 0
        while true {
            do throws(BrokerError) {
                _ = try await broker.publish(message)
                return
            } catch {
                guard error.kind != .closed else { throw DeliveryLost() }
                failures += 1
                retries.increment()
                try await pause(after: error, failures: failures, message: message)
            }
        }
    }

    /// Publishes until confirmed.
    ///
    /// With `mustBeRouted` a message that no queue takes counts as not published: the topology is incomplete, and it
    /// is tried again until an administrator has mended it.
    @discardableResult
    package func publish(
        _ message: OutgoingMessage, mustBeRouted: Bool, for delivery: Delivery
    ) async throws(DeliveryLost) -> PublishOutcome {
        var failures = 0
        while true {
            let problem: BrokerError
            do throws(BrokerError) {
                let outcome = try await broker.publish(message)
                guard case .returned(_, let text) = outcome, mustBeRouted else { return outcome }
                problem = BrokerError(.notFound, "no queue takes it: \(text)")
            } catch {
                problem = error
            }
            failures += 1
            retries.increment()
            try await pause(after: problem, failures: failures, message: message, delivery: delivery)
        }
    }

    /// Publishes once; what comes of it does not matter.
    package func offer(_ message: OutgoingMessage) async {
        _ = try? await broker.publish(message)
    }

    private func pause(
        after problem: BrokerError, failures: Int, message: OutgoingMessage, delivery: Delivery
    ) async throws(DeliveryLost) {
        guard problem.kind != .closed, broker.isLive(delivery) else { throw DeliveryLost() }
        try await pause(after: problem, failures: failures, message: message)
        guard broker.isLive(delivery) else { throw DeliveryLost() }
    }

    private func pause(
        after problem: BrokerError, failures: Int, message: OutgoingMessage
    ) async throws(DeliveryLost) {
        let fields = [
            LogField("exchange", message.exchange), LogField("routing.key", message.routingKey),
            LogField("error", problem.description), LogField("failures", failures),
        ]
        switch problem.kind {
        case .disconnected, .refused, .unavailable: logger.warning("publish will be tried again", fields)
        case .notFound, .accessRefused, .preconditionFailed, .invalidMessage, .closed, .unexpected:
            logger.error("publish refused: run `stowage topology check`", fields)
        }
        let milliseconds = min(30_000, 100 << min(failures, 9))
        do {
            try await time.sleep(.milliseconds(milliseconds))
        } catch {
            throw DeliveryLost()
        }
    }
}
