package import Storage
package import StowageContract

/// What a watcher has seen of one work, and what follows from the next look.
///
/// Pure: time and meter readings come from outside.
package struct Vigil: Sendable {
    /// What there is to do.
    package enum Finding: Sendable, Equatable {
        /// Tell how far it has come, for the `part`-th time.
        case report(part: Int, TransferMeter.Reading)
        /// Tell it to stop.
        case stop(StopReason)
        /// It was told to stop, and hangs: go on without it.
        case leave
    }

    private let terms: WatchTerms
    private var last: TransferMeter.Reading
    private var movedAt: Duration
    private var reportedAt: Duration
    private var part = 0
    private var stoppedAt: Duration?

    /// A vigil that begins at `moment` of the monotonic clock.
    package init(_ terms: WatchTerms, _ reading: TransferMeter.Reading, at moment: Duration) {
        self.terms = terms
        self.last = reading
        self.movedAt = moment
        self.reportedAt = moment
    }

    /// What the meter shows now; `isReporting`: the report before is still on its way.
    package mutating func look(
        _ reading: TransferMeter.Reading, at moment: Duration, now: Timestamp, isReporting: Bool = false
    ) -> Finding? {
        if reading.movements != last.movements { movedAt = moment }
        last = reading
        if let stoppedAt { return moment - max(stoppedAt, movedAt) >= terms.patience ? .leave : nil }
        if let deadline = terms.deadline, now > deadline { return .stop(.deadline) }
        if moment - movedAt >= terms.noProgress { return .stop(.noProgress(terms.noProgress, at: reading.awaited)) }
        guard let progress = terms.progress, moment - reportedAt >= progress, !isReporting else { return nil }
        reportedAt = moment
        part += 1
        return .report(part: part, reading)
    }

    /// It was told to stop.
    package mutating func noteStop(at moment: Duration) { stoppedAt = stoppedAt ?? moment }
}
