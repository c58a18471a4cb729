/// How often, and after which wait, a component that failed is started again.
package struct RestartPolicy: Sendable, Equatable {
    /// What happens after a failure.
    package enum Decision: Sendable, Equatable {
        case restart(after: Duration)
        case giveUp
    }

    /// The wait after the first failure; it doubles with each further one in the window.
    package var firstDelay: Duration
    /// No wait is longer.
    package var longestDelay: Duration
    /// That many failures within the window are one too many.
    package var limit: Int
    /// Failures older than this are forgotten.
    package var window: Duration

    package init(
        firstDelay: Duration = .milliseconds(200), longestDelay: Duration = .seconds(30), limit: Int = 10,
        window: Duration = .seconds(300)
    ) {
        self.firstDelay = firstDelay
        self.longestDelay = longestDelay
        self.limit = limit
        self.window = window
    }

    /// The decision after a failure.
    ///
    /// `failures` says when the component failed, in order and with the failure at hand; `now` is on the same clock.
    package func decision(after failures: [Duration], now: Duration) -> Decision {
        let recent = recent(failures, now: now).count
        guard recent < limit else { return .giveUp }
        var delay = firstDelay
        for _ in 1..<max(recent, 1) {
            guard delay < longestDelay else { break }
            delay *= 2
        }
        return .restart(after: min(delay, longestDelay))
    }

    /// The failures that still count.
    package func recent(_ failures: [Duration], now: Duration) -> [Duration] {
        failures.filter { now - $0 < window }
    }
}
