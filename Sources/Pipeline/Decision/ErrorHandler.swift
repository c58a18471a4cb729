package import Storage
package import StowageContract

/// Decides what becomes of a task whose attempt failed: the only place that does.
///
/// Pure: what it needs to know stands in `Situation`.
package struct ErrorHandler: Sendable {
    /// About as long as a driver that is down may go without a probe: who waits longer waits for nothing.
    private static let longestOutageWait = DriverBreaker.longestWait.wholeMilliseconds

    package let policy: RetryPolicy

    package init(policy: RetryPolicy) {
        self.policy = policy
    }

    /// What is known when an attempt has failed.
    package struct Situation: Sendable {
        package var operation: Operation
        /// On this driver, from 1; this attempt included.
        package var attempt: Int
        /// The task's own limit, if it names one.
        package var maximumAttempts: Int?
        /// The alternatives that are left, in order.
        package var slip: [DriverName]
        package var deadline: Timestamp?
        package var now: Timestamp
        /// The process is ending and has cancelled what ran.
        package var isShuttingDown: Bool
        /// An operator has cancelled the task.
        package var isCancelled: Bool
        /// The breaker of the driver is open.
        package var isDriverDown: Bool
        /// The delivery had its time, and the work stopped behind a checkpoint.
        package var isHandedOver: Bool

        package init(
            operation: Operation, attempt: Int, maximumAttempts: Int? = nil, slip: [DriverName] = [],
            deadline: Timestamp? = nil, now: Timestamp, isShuttingDown: Bool = false, isCancelled: Bool = false,
            isDriverDown: Bool = false, isHandedOver: Bool = false
        ) {
            self.operation = operation
            self.attempt = attempt
            self.maximumAttempts = maximumAttempts
            self.slip = slip
            self.deadline = deadline
            self.now = now
            self.isShuttingDown = isShuttingDown
            self.isCancelled = isCancelled
            self.isDriverDown = isDriverDown
            self.isHandedOver = isHandedOver
        }
    }

    /// What becomes of the task.
    package enum Decision: Sendable, Equatable {
        /// A copy waits on that rung of the ladder and is tried again on the same driver.
        case retry(RetryLevel, at: Timestamp)
        /// The same, but the attempt does not count: the driver is down.
        case wait(RetryLevel, at: Timestamp)
        /// A copy goes to the alternative.
        case failover(to: DriverName, rest: [DriverName])
        /// A failed event, and the task is parked.
        case giveUp
        /// The delivery returns to its queue, the attempt does not count.
        case handBack
        /// Another delivery goes on from the checkpoint; neither an attempt nor a hop.
        case handOver
        /// A cancelled event, unless the result stands all the same; the task is not parked.
        case cancel
    }

    package func decide(_ failure: StorageError, in situation: Situation) -> Decision {
        if situation.isHandedOver, !situation.isCancelled, failure.code == .cancelled { return .handOver }
        if situation.isShuttingDown, failure.code == .cancelled { return .handBack }
        if situation.isCancelled { return .cancel }
        // Whoever got it now would only say that it is too late.
        if let deadline = situation.deadline, situation.now > deadline { return .giveUp }
        let urge = FailoverUrge(failure)
        let canFailOver = situation.operation == .store && !situation.slip.isEmpty
        if canFailOver, urge == .atOnce { return failover(in: situation) }
        if situation.isDriverDown, failure.saysNoAnswer {
            if canFailOver { return failover(in: situation) }
            return outage(in: situation) ?? .giveUp
        }
        if let retry = retry(after: failure, in: situation) {
            let isPatient = situation.attempt < policy.attemptsBeforeFailover
            return canFailOver && urge == .afterAttempts && !isPatient ? failover(in: situation) : retry
        }
        return canFailOver && urge != .never ? failover(in: situation) : .giveUp
    }

    private func failover(in situation: Situation) -> Decision {
        .failover(to: situation.slip[0], rest: Array(situation.slip.dropFirst()))
    }

    /// `nil`: the driver would be asked again only after the deadline.
    private func outage(in situation: Situation) -> Decision? {
        let left = situation.deadline.map { $0.millisecondsSinceEpoch - situation.now.millisecondsSinceEpoch }
        let level = policy.level(within: min(left ?? .max, Self.longestOutageWait))
        let at = situation.now.advanced(byMilliseconds: level.milliseconds)
        if let deadline = situation.deadline, at > deadline { return nil }
        return .wait(level, at: at)
    }

    /// `nil`: trying again cannot help, attempts are used up, or the next would start after the deadline.
    private func retry(after failure: StorageError, in situation: Situation) -> Decision? {
        guard case let .transient(after) = failure.retry else { return failure.retry == .exhausted ? ladder() : nil }
        return ladder(atLeast: after)

        func ladder(atLeast wish: Duration? = nil) -> Decision? {
            guard situation.attempt < situation.maximumAttempts ?? policy.maximumAttempts else { return nil }
            let level =
                wish.map { policy.level(atLeast: $0.wholeMilliseconds) } ?? policy.level(after: situation.attempt)
            let at = situation.now.advanced(byMilliseconds: level.milliseconds)
            if let deadline = situation.deadline, at > deadline { return nil }
            return .retry(level, at: at)
        }
    }
}

extension StorageError {
    /// Whether it is what callers of a driver that is down get to hear.
    fileprivate var saysNoAnswer: Bool {
        place == .driver && retry != .permanent && (code == .unavailable || code == .timedOut)
    }
}

/// How soon an error moves a store to the alternative driver.
package enum FailoverUrge: Sendable, Equatable {
    case never, atOnce, afterAttempts

    /// Only errors of the driver itself move a task; a bad source or task would fail everywhere.
    package init(_ failure: StorageError) {
        guard failure.place == .driver else {
            self = .never
            return
        }
        switch failure.code {
        case .outOfSpace, .tooLarge, .unsupported, .permissionDenied, .unauthenticated, .readOnly:
            self = .atOnce
        case .unavailable, .timedOut, .rateLimited, .unexpected, .integrityMismatch:
            self = .afterAttempts
        case .invalidTask, .unknownDriver, .notFound, .conflict, .retained, .expired, .cancelled, .poison:
            self = .never
        }
    }
}
