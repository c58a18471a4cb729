/// Time as a parameter: the wall clock, the monotonic clock and the wait, so that tests can turn them by hand.
package struct TimeSource: Sendable {
    private let wallClock: @Sendable () -> Int64
    private let monotonicClock: @Sendable () -> Duration
    private let wait: @Sendable (Duration) async throws -> Void

    /// A time source from its parts; without a monotonic clock the wall clock stands in for it.
    package init(
        millisecondsSinceEpoch: @escaping @Sendable () -> Int64,
        monotonic: (@Sendable () -> Duration)? = nil,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.wallClock = millisecondsSinceEpoch
        self.monotonicClock = monotonic ?? { .milliseconds(millisecondsSinceEpoch()) }
        self.wait = sleep
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    package var millisecondsSinceEpoch: Int64 { wallClock() }

    /// A time that never jumps, from a start that means nothing; for measuring and for limits.
    package var monotonic: Duration { monotonicClock() }

    /// Returns after `duration`; at once when it is zero or less.
    ///
    /// - Throws: `CancellationError` when the task is cancelled.
    package func sleep(_ duration: Duration) async throws {
        guard duration > .zero else { return try Task.checkCancellation() }
        try await wait(duration)
    }
}
