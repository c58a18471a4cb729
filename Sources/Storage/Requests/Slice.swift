package import ServiceRuntime
import Sharing

/// The part of a long task that one delivery may take: its work stops at the next checkpoint once the time is over.
package final class Slice: Sendable {
    private let end: Duration
    private let time: TimeSource
    private let handedOver = Guarded(false)

    /// A slice that is over when the monotonic clock shows `end`.
    package init(until end: Duration, time: TimeSource) {
        self.end = end
        self.time = time
    }

    /// Whether another delivery should go on.
    package var isOver: Bool { time.monotonic >= end }

    /// Whether the work was stopped for that reason.
    package var isHandedOver: Bool { handedOver.withLock(\.self) }

    /// Says that the work stops for that reason.
    package func handOver() {
        handedOver.withLock { $0 = true }
    }
}
