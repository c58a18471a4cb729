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
    private let time: TimeSource
    private let errorHandler: ErrorHandler
    private let search: SlipSearch
    private let watch: TaskWatch?

    package init(
        configuration: PipelineConfiguration, api: StorageAPI, spool: SpoolRoots, blocking: BlockingPool,
        time: TimeSource, watch: TaskWatch? = nil
    ) {
        self.configuration = configuration
        self.api = api
        self.spool = spool
        self.blocking = blocking
        self.time = time
        self.errorHandler = ErrorHandler(policy: configuration.retry)
        self.search = SlipSearch(api: api, watch: watch)
        self.watch = watch
    }

    /// Runs the task; `isShuttingDown` is asked when the attempt failed, because a shutdown is not a failure.
    package func run(_ received: ReceivedTask, isShuttingDown: @Sendable () -> Bool) async -> JudgedAttempt {
        do throws(StorageError) {
            if let deadline = received.deadline, received.startedAt > deadline {
                throw StorageError(.expired, .permanent, "the deadline has passed", at: .task)
            }
            if let notBefore = received.task.options.notBefore, notBefore > received.startedAt {
                let wait = notBefore.millisecondsSinceEpoch - received.startedAt.millisecondsSinceEpoch
                return judged(.postpone(on: configuration.retry.level(within: wait)), received, nil)
            }
            let outcome = try await performWatched(received)
            let result = await consolidated(outcome.result, of: received)
            return judged(.succeeded(result, removal: outcome.removal), received, nil)
        } catch {
            return await judge(error, received, isShuttingDown: isShuttingDown())
        }
    }

    private func performWatched(_ received: ReceivedTask) async throws(StorageError) -> OperationOutcome {
        guard let watch, let terms = watch.terms(for: received) else { return try await perform(received, nil) }
        return try await watch.run(received, terms) { (meter) async throws(StorageError) in
            try await perform(received, meter)
        }
    }

    private func perform(
        _ received: ReceivedTask, _ meter: TransferMeter?
    ) async throws(StorageError) -> OperationOutcome {
        let task = received.task
        let storage = try await api.storage(task.driver)
        try watch?.checkSlots(of: storage)
        var context = OperationContext(
            storage: storage, api: api, spool: spool, blocking: blocking, taskID: task.id,
            mayHaveRunBefore: received.envelope.mayHaveRunBefore, inlineBytes: configuration.inlineBytes,
            hasRequester: received.envelope.replyTo != nil)
        context.meter = meter
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
        _ error: StorageError, _ received: ReceivedTask, isShuttingDown: Bool
    ) async -> JudgedAttempt {
        let situation = ErrorHandler.Situation(
            operation: received.task.operation, attempt: received.envelope.attempt,
            maximumAttempts: received.task.options.maxAttempts, slip: received.slip, deadline: received.deadline,
            now: time.now, isShuttingDown: isShuttingDown)
        let report = error.report(driver: received.task.driver)
        switch errorHandler.decide(error, in: situation) {
        case .handBack: return judged(.handBack, received, error)
        case .retry(let level, let at): return judged(.retry(report, on: level, at: at), received, error)
        case .failover(let next, let rest):
            if error.isAmbiguous || received.envelope.mayHaveRunBefore,
                let found = await lastLook(received).result
            {
                return judged(.succeeded(found, removal: removalOfUnread(received.task)), received, nil)
            }
            return judged(.failover(report, to: next, rest: rest), received, error)
        case .giveUp:
            // A conflict is the answer of a look: this source is not what stands there.
            let look = error.code == .conflict ? (result: nil, unasked: []) : await lastLook(received)
            if let found = look.result {
                return judged(.succeeded(found, removal: removalOfUnread(received.task)), received, nil)
            }
            // A look that was cut short has found nothing out: whoever gets the task next says how it ended.
            if Task.isCancelled, !look.unasked.isEmpty { return judged(.handBack, received, error) }
            let isUncertain = error.isAmbiguous || received.envelope.mayHaveRunBefore
            return judged(.failed(report, possibleCopies: isUncertain ? look.unasked : []), received, error)
        }
    }

    /// What says, where a source was to be removed, that it was not read and so stays.
    private func removalOfUnread(_ task: StorageTask) -> (any SourceRemoval)? {
        guard case .store(let data) = task.data, data.removeSource else { return nil }
        switch data.source {
        case .file(let path): return SpoolSource(path: path, roots: spool, blocking: blocking).removal
        case .handle: return UnreadArchive()
        case .inline, .url: return nil
        }
    }

    /// Whether the result stands in spite of everything.
    private func lastLook(_ received: ReceivedTask) async -> (result: TaskResult?, unasked: [DriverName]) {
        switch received.task.data {
        case .store:
            let finding = await search.search(received.task, on: received.drivers)
            guard let receipt = finding.receipts.first else { return (nil, finding.unasked) }
            var result = StoreResult(receipt)
            result.otherCopies = finding.receipts.dropFirst().map(\.handle)
            result.possibleCopies = finding.unasked
            return (.store(result), [])
        case .retrieve(let data):
            let destination = RetrieveOperation(data: data)
            guard let watch else { return (await destination.standingResult(spool: spool, blocking: blocking), []) }
            let standing = try? await watch.look(for: received.task, on: received.task.driver) { [spool, blocking] in
                await destination.standingResult(spool: spool, blocking: blocking, meter: $0)
            }
            return (standing, [])
        case .delete, .stat, .list, .verify, .copy, .presign, .retain, .check, .capacity:
            return (nil, [])
        }
    }

    private func judged(_ verdict: TaskVerdict, _ received: ReceivedTask, _ error: StorageError?) -> JudgedAttempt {
        JudgedAttempt(
            verdict: verdict,
            record: AttemptRecord(
                number: received.envelope.sequence, driver: received.task.driver, startedAt: received.startedAt,
                endedAt: time.now, worker: configuration.worker, code: error?.code, message: error?.message,
                ambiguous: error?.isAmbiguous ?? false))
    }
}

extension StorageError {
    /// As events show it.
    package func report(driver: DriverName?) -> ErrorReport {
        ErrorReport(
            code: code, message: message, retryable: retry != .permanent, place: place, driver: driver,
            context: context)
    }
}
