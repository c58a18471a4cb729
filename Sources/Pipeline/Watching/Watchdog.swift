import Sharing
package import Observability
package import ServiceRuntime
package import Storage
package import StowageContract

/// Looks after all work that can take long: one look a second at what moves, for everything that runs.
///
/// Work that is told to stop and does not, because a call of it hangs in the kernel, is left behind: its task goes on to
/// its next attempt, the work keeps what it holds until the call returns. Without `run` nobody looks.
package final class Watchdog: Service {
    /// Between two looks.
    package static let interval: Duration = .seconds(1)

    private struct State {
        var lastNumber: UInt64 = 0
        var works: [UInt64: WatchedWork] = [:]
        var left: [DriverName: Left] = [:]
    }

    /// Work of one driver that was left behind and has not ended.
    private struct Left {
        var all = 0
        /// Where it was the driver that did not answer.
        var byDriver = 0
    }

    private let state = Guarded(State())
    private let time: TimeSource
    private let logger: Logger
    private let metrics: MetricsRegistry
    private let breaker: (any BreakerHook)?

    /// A watchdog; `breaker` hears of drivers that stall, since calls that do not return tell it nothing.
    package init(time: TimeSource, logger: Logger, metrics: MetricsRegistry, breaker: (any BreakerHook)? = nil) {
        self.time = time
        self.logger = logger
        self.metrics = metrics
        self.breaker = breaker
    }

    package func run() async throws {
        try await withThrowingDiscardingTaskGroup(returning: Void.self) { group in
            while true {
                try await time.sleep(Self.interval)
                for (work, finding) in look() {
                    switch finding {
                    case .report(let part, let reading): group.addTask { await work.report(part, reading) }
                    case .stop(let reason): stop(work, reason)
                    case .leave: leave(work)
                    }
                }
            }
        }
    }

    /// Runs `body` until it ends, or has to be left behind.
    ///
    /// - Throws: what `body` throws, or why it was stopped.
    package func watch<Value: Sendable>(
        _ subject: WatchSubject, _ terms: WatchTerms,
        _ body: @escaping @Sendable (TransferMeter) async throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        let meter = TransferMeter()
        let work = WatchedWork(subject, terms, meter, at: time.monotonic)
        // `nil`: it was left behind.
        let answer = FirstAnswer<Result<Value, StorageError>?>()
        let number = enter(work)
        // Not a child: a call that never returns would keep whoever waits for its children for ever.
        let run = Task {
            let result: Result<Value, StorageError>
            do throws(StorageError) { result = .success(try await body(meter)) } catch { result = .failure(error) }
            if !answer.give(result) { returned(work, result.failure) }
        }
        work.begin(.init(cancel: { run.cancel() }, leave: { answer.give(nil) }))
        let result = await withTaskCancellationHandler {
            await answer.value()
        } onCancel: {
            work.stop(.cancelled, at: time.monotonic)
        }
        work.end()
        forget(number)
        if case .success(let value)? = result { return value }
        let failure = result?.failure
        guard let reason = work.reason else { throw failure ?? StopReason.cancelled.error(after: nil) }
        let error = reason.error(after: failure)
        if case .noProgress(_, at: .driver) = reason, error.code == .timedOut {
            tellBreaker(subject, error)
        }
        throw error
    }

    /// Work on the driver that was left behind and still holds its slots.
    package func left(on driver: DriverName) -> Int { state.withLock { $0.left[driver]?.all ?? 0 } }

    /// Whether a call of the driver hangs, so that asking it once more would hang as well.
    package func hangs(_ driver: DriverName) -> Bool { state.withLock { $0.left[driver]?.byDriver ?? 0 > 0 } }

    private func look() -> [(WatchedWork, Vigil.Finding)] {
        let works = state.withLock { Array($0.works.values) }
        guard !works.isEmpty else { return [] }
        let (moment, now) = (time.monotonic, time.now)
        return works.compactMap { work in work.look(at: moment, now: now).map { (work, $0) } }
    }

    private func stop(_ work: WatchedWork, _ reason: StopReason) {
        work.stop(reason, at: time.monotonic)
        if case .noProgress(let limit, let place) = reason {
            logger.warning(
                "nothing moves: the task is stopped",
                fields(work) + [LogField("seconds", limit.components.seconds), LogField("error.at", place.rawValue)])
        }
    }

    private func leave(_ work: WatchedWork) {
        let place = work.prepareToLeave()
        note(work, by: 1)
        guard work.leave() else { return note(work, by: -1) }
        logger.error(
            "a call does not return: its task goes on without it, its thread is lost until it returns",
            fields(work) + [LogField("error.at", place.rawValue)])
    }

    private func returned(_ work: WatchedWork, _ error: StorageError?) {
        note(work, by: -1)
        logger.warning(
            "a call that was given up has returned",
            fields(work) + [LogField("error.code", error?.code.rawValue ?? "none")])
    }

    private func note(_ work: WatchedWork, by change: Int) {
        guard let driver = work.subject.driver else { return }
        let isDriver = work.leftAt == work.subject.place
        state.withLock { state in
            state.left[driver, default: Left()].all += change
            if isDriver { state.left[driver]?.byDriver += change }
        }
        metrics.gauge("stowage_tasks_left", [("driver", driver.text)]).increment(by: Int64(change))
    }

    private func tellBreaker(_ subject: WatchSubject, _ error: StorageError) {
        guard let driver = subject.driver, subject.place == .driver else { return }
        breaker?.record(StorageCall(kind: .write, driver: driver, isReplayable: false), error)
    }

    private func fields(_ work: WatchedWork) -> [LogField] {
        [LogField("task.id", work.subject.task), LogField("driver.name", work.subject.driver?.text ?? "none")]
    }

    private func enter(_ work: WatchedWork) -> UInt64 {
        state.withLock { state in
            state.lastNumber += 1
            state.works[state.lastNumber] = work
            return state.lastNumber
        }
    }

    private func forget(_ number: UInt64) { state.withLock { _ = $0.works.removeValue(forKey: number) } }
}

extension Result {
    fileprivate var failure: Failure? { if case .failure(let error) = self { error } else { nil } }
}
