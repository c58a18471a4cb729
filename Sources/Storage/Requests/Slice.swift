package import ServiceRuntime
import Sharing

/// The part of a long task that one delivery may take: its work stops at the next checkpoint once the time is over, and
/// leaves nothing behind once nobody will go on with it.
package final class Slice: Sendable {
    private let end: Duration?
    private let time: TimeSource
    private let forgone: @Sendable () -> Bool
    private let state = Guarded(State())

    private struct State {
        var isHandedOver = false
        var checkpoint: String?
    }

    /// What the delivery before has left to go on from, where it does not lie with the bytes.
    package let checkpoint: String?

    /// A slice that is over when the monotonic clock shows `end` (`nil`: never); `isForgone` says whether the task itself
    /// was ended, by whoever may end it.
    package init(
        until end: Duration?, time: TimeSource, checkpoint: String? = nil,
        isForgone: @escaping @Sendable () -> Bool = { false }
    ) {
        self.end = end
        self.time = time
        self.checkpoint = checkpoint
        self.forgone = isForgone
    }

    /// Whether no delivery will go on with the work.
    package var isForgone: Bool { forgone() }

    /// Whether another delivery should go on.
    package var isOver: Bool { end.map { time.monotonic >= $0 } ?? false }

    /// Whether the work was stopped for that reason.
    package var isHandedOver: Bool { state.withLock { $0.isHandedOver } }

    /// What the next delivery is given to go on from.
    package var nextCheckpoint: String? { state.withLock { $0.checkpoint } }

    /// Says that the work stops for that reason; `checkpoint`: what to go on from, where it does not lie with the bytes.
    package func handOver(leaving checkpoint: String? = nil) {
        state.withLock { state in
            state.isHandedOver = true
            state.checkpoint = checkpoint
        }
    }
}
