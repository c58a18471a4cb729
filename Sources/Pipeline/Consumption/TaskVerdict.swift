package import StowageContract

/// What became of one attempt: data, settled in one place.
package enum TaskVerdict: Sendable {
    /// `removal` takes the source away once this is announced.
    case succeeded(TaskResult, removal: (any SourceRemoval)?)
    /// Waits on a rung of the ladder; `isCounted`: one attempt less is left.
    case retry(ErrorReport, on: RetryLevel, at: Timestamp, isCounted: Bool = true)
    /// Its time has not come: waits on a rung of the ladder, and no attempt is counted.
    case postpone(on: RetryLevel)
    /// Goes to the alternative driver.
    case failover(ErrorReport, to: DriverName, rest: [DriverName])
    /// Ends. `possibleCopies`: drivers that may hold the archive but could not be asked.
    case failed(ErrorReport, possibleCopies: [DriverName])
    /// Ends because an operator wanted it, where the broker told who; nothing stands and nothing is parked.
    case cancelled(by: String?)
    /// The process is ending: back to the queue, nothing happened.
    case handBack
    /// The delivery had its time: another one goes on from the checkpoint, which lies with the bytes where it is `nil`.
    case handOver(checkpoint: String?)
}

/// A verdict with the note of the attempt that led to it.
package struct JudgedAttempt: Sendable {
    package var verdict: TaskVerdict
    package var record: AttemptRecord

    package init(verdict: TaskVerdict, record: AttemptRecord) {
        self.verdict = verdict
        self.record = record
    }
}
