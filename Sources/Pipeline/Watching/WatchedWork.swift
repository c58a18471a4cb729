import Sharing
package import Storage
package import StowageContract

/// Whose work is watched, and who hears how far it has come.
package struct WatchSubject: Sendable {
    package var task: TaskID
    /// The driver whose slot it holds; `nil`: none.
    package var driver: DriverName?
    /// Where errors of that driver happen: that of a copy is its destination.
    package var place = ErrorPlace.driver
    /// Tells how far it has come, for the `part`-th time; `nil`: nobody asked.
    package var report: (@Sendable (_ part: Int, TransferMeter.Reading) async -> Void)?

    package init(
        task: TaskID, driver: DriverName?,
        report: (@Sendable (_ part: Int, TransferMeter.Reading) async -> Void)? = nil
    ) {
        self.task = task
        self.driver = driver
        self.report = report
    }
}

/// Work that runs, between whoever waits for it, whoever watches it, and whoever wants it stopped.
final class WatchedWork: Sendable {
    /// How the work is reached.
    struct Reins: Sendable {
        /// Asks it to stop.
        var cancel: @Sendable () -> Void
        /// Lets whoever waits for it go on; `false`: it has ended.
        var leave: @Sendable () -> Bool
    }

    private struct State {
        var vigil: Vigil
        var reins: Reins?
        var reason: StopReason?
        var leftAt: ErrorPlace?
        var isReporting = false
        var isOver = false
    }

    let subject: WatchSubject
    let meter: TransferMeter
    private let state: Guarded<State>

    init(_ subject: WatchSubject, _ terms: WatchTerms, _ meter: TransferMeter, at moment: Duration) {
        self.subject = subject
        self.meter = meter
        self.state = Guarded(State(vigil: Vigil(terms, meter.reading, at: moment)))
    }

    /// Why it was told to stop; `nil`: it was not.
    var reason: StopReason? { state.withLock { $0.reason } }

    /// It runs; what was wished before is done now.
    func begin(_ reins: Reins) {
        let isStopped = state.withLock { state in
            state.reins = reins
            return state.reason != nil
        }
        if isStopped { reins.cancel() }
    }

    /// Nobody waits for it any more.
    func end() { state.withLock { $0.isOver = true } }

    /// Tells it to stop; the first reason counts.
    func stop(_ reason: StopReason, at moment: Duration) {
        let reins = state.withLock { state -> Reins? in
            guard state.reason == nil else { return nil }
            state.reason = reason
            state.vigil.noteStop(at: moment)
            return state.reins
        }
        reins?.cancel()
    }

    /// Who was being waited for when it was left behind; `nil`: it was not.
    var leftAt: ErrorPlace? { state.withLock { $0.leftAt } }

    /// Notes that it will be left behind; returns who is being waited for.
    func prepareToLeave() -> ErrorPlace {
        let place = meter.reading.awaited
        state.withLock { $0.leftAt = place }
        return place
    }

    /// Goes on without it; returns whether it had not ended.
    func leave() -> Bool { state.withLock { $0.reins }?.leave() ?? false }

    /// Looks how it is going.
    func look(at moment: Duration, now: Timestamp) -> Vigil.Finding? {
        let reading = meter.reading
        return state.withLock { state in
            guard !state.isOver else { return nil }
            return state.vigil.look(reading, at: moment, now: now, isReporting: state.isReporting)
        }
    }

    /// Reports, unless it is over by now; one report at a time.
    func report(_ part: Int, _ reading: TransferMeter.Reading) async {
        let mayReport = state.withLock { state in
            guard !state.isOver, !state.isReporting else { return false }
            state.isReporting = true
            return true
        }
        guard mayReport else { return }
        await subject.report?(part, reading)
        state.withLock { $0.isReporting = false }
    }
}
