package import Observability
package import ServiceRuntime
package import StowageContract

/// What all storages of a process share.
package struct StorageEnvironment: Sendable {
    /// Threads for calls that block.
    package var blocking: BlockingPool
    /// The wall clock and the wait.
    package var time: TimeSource
    /// Where the calls are counted.
    package var metrics: MetricsRegistry
    /// Where the calls are told, at `debug`.
    package var logger: Logger
    /// Who is asked before and told after every call to a driver.
    package var breaker: (any BreakerHook)?

    /// An environment from its parts.
    package init(
        blocking: BlockingPool, time: TimeSource, metrics: MetricsRegistry, logger: Logger,
        breaker: (any BreakerHook)? = nil
    ) {
        self.blocking = blocking
        self.time = time
        self.metrics = metrics
        self.logger = logger
        self.breaker = breaker
    }

    package var now: Timestamp { Timestamp(millisecondsSinceEpoch: time.millisecondsSinceEpoch) }
}
