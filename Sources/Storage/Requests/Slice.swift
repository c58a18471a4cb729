package import ServiceRuntime
import Sharing

/// The part of a long task that one delivery may take: its work stops at the next checkpoint once the time is over, and
/// leaves nothing behind once nobody will go on with it.
package final class Slice: Sendable {
    private let end: Duration?
    private let time: TimeSource
    private let forgone: @Sendable () -> Bool
    private let handedOver = Guarded(false)

    /// A slice that is over when the monotonic clock shows `end` (`nil`: never); `isForgone` says whether the task itself
    /// was ended, by whoever may end it.
    package init(until end: Duration?, time: TimeSource, isForgone: @escaping @Sendable () -> Bool = { false }) {
        self.end = end
        self.time = time
        self.forgone = isForgone
    }

    /// Whether no delivery will go on with the work.
    package var isForgone: Bool { forgone() }

    /// Whether another delivery should go on.
    package var isOver: Bool { end.map { time.monotonic >= $0 } ?? false }

    /// Whether the work was stopped for that reason.
    package var isHandedOver: Bool { handedOver.withLock(\.self) }

    /// Says that the work stops for that reason.
    package func handOver() {
        handedOver.withLock { $0 = true }
    }
}
