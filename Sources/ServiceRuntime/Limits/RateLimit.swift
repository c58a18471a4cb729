import Sharing

/// A token bucket: so many per second, and a burst at once after a rest.
///
/// Tokens are handed out in the order in which they are asked for; each caller knows its moment at once and sleeps
/// until then, so nothing polls and nobody starves.
package final class RateLimit: Sendable {
    private struct State {
        /// The moment at which the bucket will be full again if nobody asks; earlier than now: it is full.
        var full: Duration
    }

    private let interval: Duration
    private let depth: Duration
    private let time: TimeSource
    private let state: Guarded<State>

    /// A full bucket.
    ///
    /// More than 0 tokens flow in per second, and the bucket holds at least one.
    package init(perSecond: Double, burst: Int = 1, time: TimeSource = .system) {
        precondition(perSecond > 0 && burst >= 1, "a rate of nothing lets nobody through")
        self.interval = .nanoseconds(Int64((1_000_000_000 / perSecond).rounded(.up)))
        self.depth = interval * burst
        self.time = time
        self.state = Guarded(State(full: time.monotonic))
    }

    /// Takes a token, waiting for it when the bucket is empty.
    ///
    /// - Throws: when the task is cancelled while it waits; its token goes back into the bucket.
    package func acquire() async throws(CancellationError) {
        let wait = reserve()
        guard wait > .zero else { return }
        do {
            try await time.sleep(wait)
        } catch {
            state.withLock { $0.full -= interval }
            throw CancellationError()
        }
    }

    /// Takes a token if one is there now.
    package func tryAcquire() -> Bool {
        let now = time.monotonic
        return state.withLock { state in
            let full = max(state.full, now) + interval
            guard full - depth <= now else { return false }
            state.full = full
            return true
        }
    }

    private func reserve() -> Duration {
        let now = time.monotonic
        return state.withLock { state in
            state.full = max(state.full, now) + interval
            return state.full - depth - now
        }
    }
}
