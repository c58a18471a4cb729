/// What a part of the program tells about itself: lines and numbers.
package struct Observability: Sendable {
    package var logger: Logger
    package var metrics: MetricsRegistry

    package init(logger: Logger, metrics: MetricsRegistry = MetricsRegistry()) {
        self.logger = logger
        self.metrics = metrics
    }

    /// The same with a logger that adds these fields to every line.
    package func with(_ fields: LogField...) -> Observability {
        Observability(logger: logger.with(fields), metrics: metrics)
    }
}
