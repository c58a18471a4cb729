package import FileSystem
package import ServiceRuntime
package import Storage
package import StowageContract

/// Runs one attempt of a task and judges it; says nobody how it ended.
package struct TaskRunner: Sendable {
    private let configuration: PipelineConfiguration
    private let api: StorageAPI
    private let spool: SpoolRoots
    private let blocking: BlockingPool
    private let locations: Locations
    private let time: TimeSource
    private let errorHandler: ErrorHandler
    private let search: SlipSearch
    private let look: LastLook
    private let control: ControlBoard
    private let board: DriverBoard?
    private let watch: TaskWatch?

    /// A runner; it does not begin what needs a driver that is down on `board`.
    package init(
        configuration: PipelineConfiguration, api: StorageAPI, spool: SpoolRoots, blocking: BlockingPool,
        locations: Locations = Locations(), time: TimeSource, control: ControlBoard = ControlBoard(),
        board: DriverBoard? = nil, watch: TaskWatch? = nil
    ) {
        self.control = control
        self.configuration = configuration
        self.api = api
        self.spool = spool
        self.blocking = blocking
        self.locations = locations
        self.time = time
        self.errorHandler = ErrorHandler(policy: configuration.retry)
        self.search = SlipSearch(api: api, watch: watch)
        self.look = LastLook(api: api, spool: spool, blocking: blocking, locations: locations, watch: watch)
        self.board = board
        self.watch = watch
    }

    /// Runs the task of a delivery that arrived at that moment of the monotonic clock; `nil`: no broker waits for it.
    ///
    /// `timesLost` says how often it was lost because the broker waited no longer. `isShuttingDown` is asked when the
    /// attempt failed, because a shutdown is not a failure.
    package func run(
        _ received: ReceivedTask, arrivedAt: Duration? = nil, timesLost: Int = 0, isShuttingDown: @Sendable () -> Bool
    ) async -> JudgedAttempt {
        let slice = slice(of: received, arrivedAt: arrivedAt)
        var hasBegun = false
        do throws(StorageError) {
            if cancellation(of: received) != nil { throw .cancelledByOperator }
            guard timesLost < HeldDeliveries.mostLosses else {
                throw StorageError(
                    .timedOut, .permanent, "the task takes longer than the broker waits for its acknowledgement",
                    at: .broker, context: ["lost": String(timesLost)])
            }
            if let deadline = received.deadline, received.startedAt > deadline {
                throw StorageError(.expired, .permanent, "the deadline has passed", at: .task)
            }
            if let notBefore = received.task.options.notBefore, notBefore > received.startedAt {
                let wait = notBefore.millisecondsSinceEpoch - received.startedAt.millisecondsSinceEpoch
                return judged(.postpone(on: configuration.retry.level(within: wait)), received, nil)
            }
            let storage = try await storage(for: received.task)
            hasBegun = true
            let outcome = try await performInterruptibly(received, on: storage, slice)
            let result = await consolidated(outcome.result, of: received)
            return judged(.succeeded(result, removal: outcome.removal), received, nil)
        } catch {
            return await judge(
                error, received, isShuttingDown: isShuttingDown(), slice: slice, hasBegun: hasBegun)
        }
    }

    private func slice(of received: ReceivedTask, arrivedAt: Duration?) -> Slice {
        Slice(
            until: arrivedAt.map { $0 + configuration.acknowledgementTimeout / 2 }, time: time,
            checkpoint: received.envelope.checkpoint
        ) { [control, time] in
            let now = time.now
            return control.cancellation(of: received.task.id, now: now) != nil
                || received.deadline.map { now >= $0 } ?? false
        }
    }

    /// What is quick is not worth stopping.
    private func performInterruptibly(
        _ received: ReceivedTask, on storage: Storage, _ slice: Slice
    ) async throws(StorageError) -> OperationOutcome {
        if received.task.operation.isQuick { return try await performWatched(received, on: storage, slice) }
        let result = await control.interruptible(received.task.id, now: received.startedAt) {
            do throws(StorageError) {
                let outcome = try await performWatched(received, on: storage, slice)
                return Result<OperationOutcome, StorageError>.success(outcome)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// The operator's wish to end this task, where it can still be told that nothing came of it.
    ///
    /// Whether a delete or a change of retention happened cannot be seen afterwards: one that may have happened is run
    /// to its end.
    private func cancellation(
        of received: ReceivedTask, after error: StorageError? = nil
    ) -> ControlState.Cancellation? {
        guard let wish = control.cancellation(of: received.task.id, now: received.startedAt) else { return nil }
        switch received.task.operation {
        case .delete, .retain: return received.envelope.isUncertain || error?.isAmbiguous == true ? nil : wish
        case .store, .retrieve, .stat, .list, .verify, .copy, .presign, .check, .capacity: return wish
        }
    }

    /// The storage of a driver that is up; one that cannot be opened is down, whatever the reason.
    private func storage(for task: StorageTask) async throws(StorageError) -> Storage {
        if let refusal = board?.refusal(of: task.driver) { throw refusal }
        do throws(StorageError) {
            guard let watch, !api.isOpen(task.driver) else { return try await api.storage(task.driver) }
            return try await watch.look(for: task, on: task.driver) { [api] (_) async throws(StorageError) in
                try await api.storage(task.driver)
            }
        } catch {
            throw board?.refusal(of: task.driver)?.with("cause", error.message) ?? error
        }
    }

    private func performWatched(
        _ received: ReceivedTask, on storage: Storage, _ slice: Slice
    ) async throws(StorageError) -> OperationOutcome {
        guard let watch, let terms = watch.terms(for: received) else {
            return try await perform(received, on: storage, nil, slice)
        }
        try watch.checkSlots(of: storage)
        return try await watch.run(received, terms) { (meter) async throws(StorageError) in
            try await perform(received, on: storage, meter, slice)
        }
    }

    private func perform(
        _ received: ReceivedTask, on storage: Storage, _ meter: TransferMeter?, _ slice: Slice
    ) async throws(StorageError) -> OperationOutcome {
        let task = received.task
        var context = OperationContext(
            storage: storage, api: api, spool: spool, blocking: blocking, taskID: task.id,
            mayHaveRunBefore: received.envelope.mayHaveRunBefore, inlineBytes: configuration.inlineBytes,
            hasRequester: received.envelope.replyTo != nil, time: time,
            timeoutSeconds: task.options.timeoutSeconds, locations: locations)
        context.meter = meter
        context.slice = slice
        context.leastResumableBytes = configuration.leastResumableBytes
        return try await task.data.implementation.run(in: context)
    }

    /// A store that may have run before may stand on other drivers of the slip as well: the earliest is the archive.
    private func consolidated(_ result: TaskResult, of received: ReceivedTask) async -> TaskResult {
        guard case .store(var store) = result, received.envelope.mayHaveRunBefore else { return result }
        let others = received.drivers.filter { $0 != received.task.driver }
        guard !others.isEmpty else { return result }
        let finding = await search.search(received.task, on: others)
        let own = rank(received.task.driver, received)
        let isEarlier = { (receipt: StoreReceipt) in rank(receipt.handle.driver, received) < own }
        let mine = store.handle
        if let first = finding.receipts.first, isEarlier(first) {
            store = StoreResult(first)
            store.otherCopies = finding.receipts.dropFirst().filter(isEarlier).map(\.handle) + [mine]
        }
        store.otherCopies += finding.receipts.filter { !isEarlier($0) }.map(\.handle)
        store.possibleCopies = finding.unasked
        return .store(store)
    }

    private func rank(_ driver: DriverName, _ received: ReceivedTask) -> Int {
        received.drivers.firstIndex(of: driver) ?? received.drivers.count
    }

    private func judge(
        _ error: StorageError, _ received: ReceivedTask, isShuttingDown: Bool, slice: Slice, hasBegun: Bool
    ) async -> JudgedAttempt {
        let cancellation = cancellation(of: received, after: error)
        let situation = ErrorHandler.Situation(
            operation: received.task.operation, attempt: received.envelope.attempt,
            maximumAttempts: received.task.options.maxAttempts, slip: received.slip, deadline: received.deadline,
            now: time.now, isShuttingDown: isShuttingDown, isCancelled: cancellation != nil,
            isDriverDown: board?.downSince(received.task.driver) != nil, isHandedOver: slice.isHandedOver)
        let report = error.report(driver: received.task.driver(at: error.place))
        switch errorHandler.decide(error, in: situation) {
        case .handBack: return judged(.handBack, received, error)
        case .handOver: return judged(.handOver(checkpoint: slice.nextCheckpoint), received, error)
        case .cancel:
            return await cancelled(received, after: error, by: cancellation?.by, situation, hasBegun: hasBegun)
        case .retry(let level, let at): return judged(.retry(report, on: level, at: at), received, error)
        // What never began is no attempt, and leaves no trace. What did may have had an effect, and is remembered.
        case .wait(let level, let at):
            let wait = TaskVerdict.retry(report, on: level, at: at, isCounted: false)
            return judged(hasBegun ? wait : .postpone(on: level), received, error)
        case .failover(let next, let rest):
            if error.isAmbiguous || received.envelope.mayHaveRunBefore {
                let finding = await look.look(for: received, on: received.drivers)
                if let found = finding.result {
                    return judged(.succeeded(found, removal: finding.removal), received, nil)
                }
            }
            return judged(.failover(report, to: next, rest: rest), received, error)
        case .giveUp:
            // A conflict is the answer of a look: this source is not what stands there.
            let finding =
                error.code == .conflict
                ? LastLook.Finding() : await look.look(for: received, on: received.drivers)
            if let found = finding.result {
                return judged(.succeeded(found, removal: finding.removal), received, nil)
            }
            // A look that was cut short has found nothing out: whoever gets the task next says how it ended.
            if Task.isCancelled, !finding.unasked.isEmpty { return judged(.handBack, received, error) }
            let isUncertain = error.isAmbiguous || received.envelope.mayHaveRunBefore
            return judged(.failed(report, possibleCopies: isUncertain ? finding.unasked : []), received, error)
        }
    }

    /// The end of a cancelled task: a commit that came before the cancellation wins.
    private func cancelled(
        _ received: ReceivedTask, after error: StorageError, by: String?, _ situation: ErrorHandler.Situation,
        hasBegun: Bool
    ) async -> JudgedAttempt {
        let mayStand = error.isAmbiguous || (hasBegun && error.code == .cancelled)
        guard mayStand || received.envelope.mayHaveRunBefore else {
            return judged(.cancelled(by: by), received, error)
        }
        // Whoever has it for the first time has been nowhere else.
        let drivers = received.envelope.mayHaveRunBefore ? received.drivers : [received.task.driver]
        let finding = await look.look(for: received, on: drivers)
        if let found = finding.result {
            return judged(.succeeded(found, removal: finding.removal), received, nil)
        }
        if finding.unasked.isEmpty || !(mayStand || received.envelope.isUncertain) {
            return judged(.cancelled(by: by), received, error)
        }
        let unseen = StorageError(
            .unavailable, .transient(after: nil),
            "the task is cancelled, but whether its archive stands cannot be seen",
            isAmbiguous: true)
        var situation = situation
        situation.isCancelled = false
        situation.slip = []
        let report = unseen.report(driver: received.task.driver)
        if case .retry(let level, let at) = errorHandler.decide(unseen, in: situation) {
            return judged(.retry(report, on: level, at: at), received, unseen)
        }
        return judged(.failed(report, possibleCopies: finding.unasked), received, unseen)
    }

    private func judged(_ verdict: TaskVerdict, _ received: ReceivedTask, _ error: StorageError?) -> JudgedAttempt {
        JudgedAttempt(
            verdict: verdict.inSlice(received.envelope.slice + 1),
            record: AttemptRecord(
                number: received.envelope.sequence, driver: received.task.driver, startedAt: received.startedAt,
                endedAt: time.now, worker: configuration.worker, code: error?.code, message: error?.message,
                ambiguous: error?.isAmbiguous ?? false))
    }
}

extension StorageError {
    /// The task surfaced after an operator had cancelled it.
    fileprivate static var cancelledByOperator: StorageError {
        StorageError(.cancelled, .permanent, "an operator cancelled the task", at: .task)
    }

    /// As events show it.
    package func report(driver: DriverName?) -> ErrorReport {
        ErrorReport(
            code: code, message: message, retryable: retry != .permanent, place: place, driver: driver,
            context: context)
    }
}
