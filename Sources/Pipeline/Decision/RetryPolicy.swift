/// How often and how late a failed task is tried again.
package struct RetryPolicy: Sendable, Equatable {
    /// Attempts per driver; a task may name its own.
    package var maximumAttempts: Int
    /// Attempts on one driver before a store moves to the next one.
    package var attemptsBeforeFailover: Int
    /// The ladder, shortest delay first, never empty.
    package var levels: [RetryLevel]

    package init(maximumAttempts: Int = 8, attemptsBeforeFailover: Int = 3, levels: [RetryLevel]) {
        precondition(!levels.isEmpty, "a ladder needs a level")
        self.maximumAttempts = maximumAttempts
        self.attemptsBeforeFailover = attemptsBeforeFailover
        self.levels = levels
    }

    /// The level after attempt `attempt` (from 1): one rung a time, the last one for ever.
    package func level(after attempt: Int) -> RetryLevel {
        levels[min(max(attempt, 1), levels.count) - 1]
    }

    /// The longest level that ends within `milliseconds`, else the shortest.
    package func level(within milliseconds: Int64) -> RetryLevel {
        levels.last { $0.milliseconds <= milliseconds } ?? levels[0]
    }

    /// The shortest level that is at least as long as `milliseconds`, else the longest.
    package func level(atLeast milliseconds: Int64) -> RetryLevel {
        levels.first { $0.milliseconds >= milliseconds } ?? levels[levels.count - 1]
    }
}

/// One rung of the ladder: a queue whose messages return after the delay.
package struct RetryLevel: Sendable, Equatable {
    /// As in the configuration and in the name of its queue (`5s`).
    package var name: String
    /// How long a message waits.
    package var milliseconds: Int64

    package init(name: String, milliseconds: Int64) {
        self.name = name
        self.milliseconds = milliseconds
    }
}
