package import StowageContract

/// Whether one driver is worth asking: closed while it answers, open from the moment it is known not to, until a probe
/// is answered.
///
/// Pure: told what happened, it says what changed. Who owns it makes the probes.
package struct DriverBreaker: Sendable, Equatable {
    /// Calls in a row that must find no answer.
    package static let threshold = 5
    /// The wait between the first two probes of an open breaker; each further one is twice as long.
    package static let firstWait: Duration = .seconds(1)
    /// The longest wait between two probes.
    package static let longestWait: Duration = .seconds(30)

    /// What is known of the driver.
    package enum State: Sendable, Equatable {
        /// It answers, but for the last `failures` calls.
        case closed(failures: Int)
        /// It does not, and is not asked.
        case open(since: Timestamp)
    }

    /// What a step changed.
    package enum Change: Sendable, Equatable { case opened, closed }

    package private(set) var state = State.closed(failures: 0)
    /// Probes since a call last succeeded: a store that answers probes and nothing else is probed as rarely as one that
    /// does not answer them.
    private var probes = 0

    package init() {}

    /// Since when the driver has been down; `nil`: it is up.
    package var downSince: Timestamp? {
        if case .open(let since) = state { since } else { nil }
    }

    /// Whether a call that succeeds would change anything.
    package var isPristine: Bool { state == .closed(failures: 0) && probes == 0 }

    /// How long to wait before the next probe: nothing before the first, then twice as long each time.
    package var wait: Duration {
        guard probes > 0 else { return .zero }
        var wait = Self.firstWait
        for _ in 1..<probes where wait < Self.longestWait { wait *= 2 }
        return min(wait, Self.longestWait)
    }

    /// Notes what came of a call, or of `opening` the driver; `nil`: it succeeded.
    ///
    /// What calls say that were made before it opened does not close it: that is for a probe.
    package mutating func record(_ error: StorageError?, opening: Bool = false, at now: Timestamp) -> Change? {
        guard case .closed(let failures) = state else { return nil }
        switch DriverVerdict(error, opening: opening) {
        case .answered:
            state = .closed(failures: 0)
            if error == nil, !opening { probes = 0 }
        case .nothing: break
        case .silent:
            guard failures + 1 >= Self.threshold else {
                state = .closed(failures: failures + 1)
                return nil
            }
            return open(at: now)
        case .dead: return open(at: now)
        }
        return nil
    }

    /// Notes what a probe found; `nil`: an answer.
    ///
    /// One that finds no answer opens the breaker at once: it was tried several times over.
    package mutating func probed(_ error: StorageError?, opening: Bool, at now: Timestamp) -> Change? {
        let isAnswer: Bool
        switch DriverVerdict(error, opening: opening) {
        case .answered: isAnswer = true
        case .nothing: return nil
        case .silent, .dead: isAnswer = false
        }
        switch (state, isAnswer) {
        case (.closed, true): return nil
        case (.closed, false): return open(at: now)
        case (.open, false):
            probes += 1
            return nil
        case (.open, true):
            probes += 1
            state = .closed(failures: 0)
            return .closed
        }
    }

    private mutating func open(at now: Timestamp) -> Change {
        state = .open(since: now)
        return .opened
    }
}

/// What a call's outcome says about the driver.
private enum DriverVerdict {
    case answered
    /// Nothing about the driver.
    case nothing
    /// No answer.
    case silent
    /// Nobody can ask it.
    case dead

    /// Errors of sources and tasks say nothing about the driver that met them.
    init(_ error: StorageError?, opening: Bool) {
        guard let error else {
            self = .answered
            return
        }
        switch error.code {
        case .cancelled: self = .nothing
        case _ where opening: self = .dead
        case _ where error.place != .driver: self = .nothing
        // A damaged archive is no store that is away.
        case .unavailable, .timedOut: self = error.context["damage"] == nil ? .silent : .nothing
        // It answers, and wants to be left alone; who asks for less decides about that.
        case .rateLimited, .unexpected: self = .nothing
        case .invalidTask, .unknownDriver, .unsupported, .notFound, .conflict, .integrityMismatch, .permissionDenied,
            .unauthenticated, .retained, .readOnly, .outOfSpace, .tooLarge, .expired, .poison:
            self = .answered
        }
    }
}
