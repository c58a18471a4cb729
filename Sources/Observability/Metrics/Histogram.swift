/// The upper ends of the buckets of a histogram, and its unit.
package struct HistogramBounds: Sendable {
    /// What one unit of a value is.
    package enum Unit: Sendable {
        /// Values are nanoseconds and shown as seconds.
        case seconds
        /// Values are shown as they are (bytes, pieces).
        case plain
    }

    package let unit: Unit
    /// Rising; a value belongs to the first that is not below it, else to `+Inf`.
    package let values: [Int64]

    private init(unit: Unit, values: [Int64]) {
        precondition(zip(values, values.dropFirst()).allSatisfy { $0 < $1 }, "the bounds of a histogram must rise")
        self.unit = unit
        self.values = values
    }

    package static func durations(_ bounds: [Duration]) -> Self {
        Self(unit: .seconds, values: bounds.map(\.nanoseconds))
    }

    package static func numbers(_ bounds: [Int64]) -> Self {
        Self(unit: .plain, values: bounds)
    }

    /// From a call on the same machine to a large transfer: 1 ms to 10 min.
    package static let calls = durations(
        [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 600_000].map(
            Duration.milliseconds)
    )
}

/// How often values of which size came; counted without a lock.
package final class Histogram: Sendable {
    package let bounds: HistogramBounds
    /// One for each bound, and the last for everything above.
    private let buckets: [Metric]
    private let total = Metric()

    package init(_ bounds: HistogramBounds) {
        self.bounds = bounds
        self.buckets = (0...bounds.values.count).map { _ in Metric() }
    }

    /// Counts a duration; the bounds must be durations.
    package func observe(_ duration: Duration) {
        observe(duration.nanoseconds)
    }

    /// Counts a value in the unit of the bounds (nanoseconds where they are durations).
    package func observe(_ value: Int64) {
        var low = 0
        var high = bounds.values.count
        while low < high {
            let middle = (low + high) / 2
            if bounds.values[middle] < value { low = middle + 1 } else { high = middle }
        }
        buckets[low].increment()
        total.increment(by: value)
    }

    /// How many values came up to each bound and in all, each count including those before it; and their sum.
    ///
    /// The counts come from one pass over the buckets, so they never fall, even while others count.
    package var reading: (cumulative: [Int64], sum: Int64) {
        var count: Int64 = 0
        let cumulative = buckets.map { bucket in
            count += bucket.value
            return count
        }
        return (cumulative, total.value)
    }
}

extension Duration {
    /// Whole nanoseconds; the nearest `Int64` where there are more (292 years).
    fileprivate var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, overflowed) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflowed ? (seconds < 0 ? .min : .max) : sum
    }
}
