import Sharing

/// The counters, gauges and histograms of one process; a value that is passed, never a global.
///
/// Looking a series up takes a lock: callers keep what they were given. Counting takes none.
package final class MetricsRegistry: Sendable {
    private enum Instrument {
        case number(Metric)
        case histogram(Histogram)
    }

    private struct Family {
        var kind: MetricKind
        var help = ""
        var series: [MetricName: Instrument] = [:]
    }

    private let families = Guarded<[String: Family]>([:])

    package init() {}

    /// The counter of that name and labels, made on first use.
    ///
    /// Labels come from closed lists only. A name that Prometheus does not allow, or that is in use for another kind of
    /// metric, is an error of the program and ends it.
    package func counter(_ name: String, _ labels: [(String, String)] = []) -> Metric {
        number(.counter, name, labels)
    }

    /// The gauge of that name and labels, made on first use.
    package func gauge(_ name: String, _ labels: [(String, String)] = []) -> Metric {
        number(.gauge, name, labels)
    }

    /// The histogram of that name and labels, made on first use; `bounds` count for the first use only.
    package func histogram(
        _ name: String, _ labels: [(String, String)] = [], bounds: HistogramBounds
    ) -> Histogram {
        series(.histogram, name, labels) { existing in
            if case .histogram(let histogram)? = existing { return (histogram, nil) }
            let histogram = Histogram(bounds)
            return (histogram, .histogram(histogram))
        }
    }

    /// Says what a metric means; shown as its `HELP`.
    package func describe(_ name: String, _ help: String) {
        families.withLock { $0[name]?.help = help }
    }

    /// All counters and gauges with their values now, sorted by name and labels.
    package func snapshot() -> [(name: MetricName, value: Int64)] {
        families.withLock { families in
            families.values.flatMap { family in
                family.series.compactMap { name, instrument in
                    if case .number(let metric) = instrument { (name: name, value: metric.value) } else { nil }
                }
            }
            .sorted { $0.name < $1.name }
        }
    }

    /// Everything in the text format of Prometheus (0.0.4), sorted by name and labels.
    package func exposition() -> [UInt8] {
        // Rendered outside the lock: nobody who needs a series waits for a scrape.
        let families = families.withLock { $0 }
        var text = ExpositionText()
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            text.header(name, family.kind, help: family.help)
            for (name, instrument) in family.series.sorted(by: { $0.key < $1.key }) {
                switch instrument {
                case .number(let metric): text.sample(name, metric.value)
                case .histogram(let histogram): text.samples(name, histogram)
                }
            }
        }
        return text.bytes
    }

    private func number(_ kind: MetricKind, _ name: String, _ labels: [(String, String)]) -> Metric {
        series(kind, name, labels) { existing in
            if case .number(let metric)? = existing { return (metric, nil) }
            let metric = Metric()
            return (metric, .number(metric))
        }
    }

    private func series<Value: Sendable>(
        _ kind: MetricKind, _ name: String, _ labels: [(String, String)],
        _ make: (Instrument?) -> (Value, new: Instrument?)
    ) -> Value {
        let key = MetricName(name, labels)
        return families.withLock { families in
            var family = families[name] ?? Family(kind: kind)
            precondition(family.kind == kind, "the metric \(name) is a \(family.kind), not a \(kind)")
            let (value, new) = make(family.series[key])
            if let new {
                family.series[key] = new
                families[name] = family
            }
            return value
        }
    }
}

/// What the value of a metric means.
package enum MetricKind: String, Sendable {
    /// Only grows.
    case counter
    /// Goes up and down.
    case gauge
    /// How often values of which size came.
    case histogram
}
