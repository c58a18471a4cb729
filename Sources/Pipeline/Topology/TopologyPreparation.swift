package import Messaging
package import Observability
package import ServiceRuntime

/// The first look of a worker at its topology, for as long as the broker needs to be there whole.
///
/// A broker that starts takes connections before it has found all its queues again (RabbitMQ: streams, up to half a
/// second later; in a cluster, queues whose node is not up yet). Only what is truly missing is for an administrator.
package struct TopologyPreparation: Sendable {
    private let backoff = Backoff(first: .milliseconds(100), longest: .seconds(5))
    private let time: TimeSource
    private let logger: Logger

    package init(time: TimeSource, logger: Logger) {
        self.time = time
        self.logger = logger
    }

    /// Calls `prepare` once the broker is connected, and again until it is through.
    ///
    /// - Throws: `TopologyIncomplete`: what an administrator must mend; `BrokerError` when the broker was closed; a
    ///   `CancellationError`.
    package func run(
        on broker: any MessageBroker, _ prepare: () async throws(TopologyIncomplete) -> Void
    ) async throws {
        var failures = 0
        for await state in broker.states {
            if case .disconnected = state { continue }
            while true {
                do throws(TopologyIncomplete) { return try await prepare() } catch {
                    if error.reason.kind == .disconnected { break }
                    guard error.reason.kind == .unavailable else { throw error }
                    logger.warning(
                        "the broker cannot serve the topology yet",
                        [LogField("error.message", error.description), LogField("attempt", failures + 1)])
                    try await time.sleep(backoff.ceiling(attempt: failures))
                    failures += 1
                }
            }
        }
        try Task.checkCancellation()
        throw BrokerError(.closed, "the broker was closed before its topology was seen")
    }
}
