import Synchronization

/// A number that many threads change.
package final class Metric: Sendable {
    private let number = Atomic<Int64>(0)

    package init() {}

    package var value: Int64 { number.load(ordering: .relaxed) }

    package func increment(by amount: Int64 = 1) {
        number.add(amount, ordering: .relaxed)
    }

    package func set(_ value: Int64) {
        number.store(value, ordering: .relaxed)
    }
}
