import Messaging
package import StowageContract

/// What the message says besides its body: who sent it, and what workers have noted on it.
package struct TaskEnvelope: Sendable, Equatable {
    package var messageID: String?
    package var correlationID: String?
    package var replyTo: String?
    package var app: String?
    /// The authenticated producer, where the broker checked one.
    package var user: String?
    package var traceparent: String?
    package var tracestate: String?
    /// The copy was published by a worker or operator, so its headers count.
    package var isTrusted = false
    /// Trusted, and no original: a worker's own user may send tasks as well, and they are checked like anybody's.
    package var isCopy = false
    /// Headers in our namespace that were dropped because the sender may not set them.
    package var forgedHeaders = 0
    package var isRedelivered = false

    package var attempt = 1
    /// `nil`: the task has not been through a worker yet.
    package var slip: [DriverName]?
    package var history: [AttemptRecord] = []
    package var firstAt: Timestamp?
    package var deadline: Timestamp?
    package var replayed = 0
    /// How often an operator has changed the task.
    package var edited = 0
    package var slice = 0
    package var checkpoint: String?

    package init() {}

    /// Whether some worker may have worked on the task before.
    package var mayHaveRunBefore: Bool { isRedelivered || hasBeenTried }

    /// Whether some worker has noted that it worked on the task.
    package var hasBeenTried: Bool { attempt > 1 || !history.isEmpty || slice > 0 || replayed > 0 }

    /// Attempts over all drivers since the first, this one included.
    package var sequence: Int {
        let last = max(0, history.last?.number ?? 0)
        return last == .max ? last : last + 1
    }

    /// Whether an earlier attempt may have had its effect without anybody knowing.
    package var hasAmbiguousHistory: Bool { history.contains { $0.isAmbiguous } }

    /// How often the task was sent away because workers died that ran it.
    package var poisonRounds: Int { history.count { $0.code == .poison } }

    /// Whether an earlier delivery may have had an effect that no later one knows of.
    package var isUncertain: Bool {
        isRedelivered || hasAmbiguousHistory || poisonRounds > 0 || slice > 0 || replayed > 0
    }

    /// Drivers that worked on the task before `current`, in order, each once.
    package func earlierDrivers(than current: DriverName) -> [DriverName] {
        var drivers: [DriverName] = []
        for record in history where record.driver != current && record.hasReachedItsDriver {
            if !drivers.contains(record.driver) { drivers.append(record.driver) }
        }
        return drivers
    }
}

extension AttemptRecord {
    /// Named as the contract's `ambiguous`.
    package var isAmbiguous: Bool { ambiguous }

    /// No queue took the task for a driver that is not known.
    package var hasReachedItsDriver: Bool { code != .unknownDriver }
}
