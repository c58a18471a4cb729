import Sharing
import Observability
import StowageContract

/// `stowage_tasks_total{driver,operation,outcome}`: attempts by what came of them.
///
/// Keeps what the registry has made: building a name with its labels for every task costs more than counting it.
final class TaskCounters: Sendable {
    private struct Key: Hashable {
        var driver: DriverName
        var operation: Operation
        var outcome: String
    }

    private let registry: MetricsRegistry
    private let known = Guarded<[Key: Metric]>([:])

    init(_ registry: MetricsRegistry) {
        self.registry = registry
    }

    /// The counter of that series, made on first use.
    func counter(_ driver: DriverName, _ operation: Operation, _ outcome: String) -> Metric {
        known.withLock { known in
            let key = Key(driver: driver, operation: operation, outcome: outcome)
            if let metric = known[key] { return metric }
            let metric = registry.counter(
                "stowage_tasks_total",
                [("driver", driver.text), ("operation", operation.rawValue), ("outcome", outcome)])
            known[key] = metric
            return metric
        }
    }
}
