/// Exponential backoff with full jitter: the n-th wait is random between nothing and `first` × 2ⁿ, at most `longest`.
package struct Backoff: Sendable, Equatable {
    package var first: Duration
    package var longest: Duration

    package init(first: Duration = .milliseconds(100), longest: Duration = .seconds(30)) {
        self.first = first
        self.longest = longest
    }

    /// The upper end of the wait before attempt `attempt`, counted from 0.
    package func ceiling(attempt: Int) -> Duration {
        var ceiling = min(first, longest)
        for _ in 0..<max(0, attempt) {
            if ceiling >= longest { return longest }
            ceiling = min(ceiling * 2, longest)
        }
        return ceiling
    }

    /// The wait before attempt `attempt`; `fraction` in 0..<1 places it between nothing and the ceiling.
    package func wait(attempt: Int, fraction: Double) -> Duration {
        ceiling(attempt: attempt) * fraction
    }

    /// The wait before attempt `attempt`, drawn at random.
    package func wait(attempt: Int) -> Duration {
        wait(attempt: attempt, fraction: Double.random(in: 0..<1))
    }
}
