import Cryptography
import ServiceRuntime
package import StowageContract
import StrictCoding

extension Storage {
    /// Tries what the driver promises, on archives of its own below `stowage-check/`.
    ///
    /// Steps that fail are part of the result; the call itself never does.
    package func check(
        _ data: CheckData, taskID: TaskID, meter: TransferMeter? = nil
    ) async throws(StorageError) -> CheckResult {
        var run = CheckRun(storage: self, taskID: taskID, wantsWORM: data.worm, meter: meter)
        await run.connect()
        let mayWrite = data.write && !settings.readOnly && (data.worm || !capabilities.retention)
        if mayWrite { await run.writeAndDelete() } else { run.skip([.write, .readBack, .refuseOverwrite]) }
        if !mayWrite { run.skip([.refuseEarlyDelete, .refuseShorten, .delete]) }
        try StorageError.checkCancellation()
        return CheckResult(steps: run.steps)
    }
}

/// One run of a check.
private struct CheckRun {
    let storage: Storage
    let taskID: TaskID
    let wantsWORM: Bool
    let meter: TransferMeter?
    private(set) var steps: [CheckResult.Step] = []
    /// Whether an earlier step failed that the others need.
    private var isBroken = false

    init(storage: Storage, taskID: TaskID, wantsWORM: Bool, meter: TransferMeter?) {
        self.storage = storage
        self.taskID = taskID
        self.wantsWORM = wantsWORM
        self.meter = meter
    }

    mutating func connect() async {
        let start = ContinuousClock.now
        do throws(StorageError) {
            try await storage.probe()
            add(.connect, .passed, since: start)
            add(.authenticate, .passed, since: start)
        } catch {
            let isRefusal = error.code == .unauthenticated || error.code == .permissionDenied
            add(.connect, isRefusal ? .passed : .failed, since: start, isRefusal ? nil : error)
            add(.authenticate, isRefusal ? .failed : .skipped, since: start, isRefusal ? error : nil)
            isBroken = true
        }
    }

    /// A fresh archive each time: what an earlier run deleted left a record that refuses its key.
    mutating func writeAndDelete() async {
        guard let id = TaskID("check-" + RandomBytes.hexadecimal(8)) else { return }
        let bytes = RandomBytes.make(4096)
        var request = StoreRequest(taskID: id, name: "probe.bin", path: "stowage-check", size: Int64(bytes.count))
        let until = Timestamp(millisecondsSinceEpoch: storage.environment.time.millisecondsSinceEpoch + 60_000)
        let locking = storage.capabilities.retention ? storage.driver as? any LockProving : nil
        let mode = locking?.lockMode ?? .governance
        if wantsWORM { request.retention = Retention(mode: mode, until: until) }
        let sealed = request
        let reference = ArchiveReference.key("stowage-check/" + id.text + "/probe.bin")
        var version: String?
        await step(.write) { [storage] () async throws(StorageError) in
            version = try await storage.store(sealed, from: BytesSource(bytes)).handle.version
        }
        await step(.readBack) { [storage] () async throws(StorageError) in
            try await storage.withArchive(reference) { (body, _) async throws(StorageError) in try await body.drain() }
        }
        await refusal(.refuseOverwrite, [.conflict, .retained]) {
            [storage, version, wantsWORM] () async throws(StorageError) in
            do throws(StorageError) {
                _ = try await storage.store(sealed, from: BytesSource(Array(bytes.reversed())))
            } catch {
                guard wantsWORM, let locking, error.code == .conflict else { throw error }
                // We have refused; now the store is asked.
                try await locking.tryOverwriting(storage.key(of: reference), version: version)
            }
        }
        if wantsWORM {
            await refusal(.refuseEarlyDelete, [.retained]) { [storage, taskID] () async throws(StorageError) in
                if storage.capabilities.retention {
                    let key = try storage.key(of: reference)
                    // The store's own refusal is wanted, not ours.
                    _ = try await storage.driver.delete(DeleteRequest(key: key, taskID: taskID) { _ in })
                } else {
                    _ = try await storage.delete(reference, taskID: taskID)
                }
            }
            await refusal(.refuseShorten, [.conflict, .retained, .unsupported]) {
                [storage, taskID, version] () async throws(StorageError) in
                let earlier = Timestamp(millisecondsSinceEpoch: until.millisecondsSinceEpoch - 30_000)
                if let locking {
                    let key = try storage.key(of: reference)
                    return try await locking.tryShortening(key, version: version, until: earlier, mode: mode)
                }
                let shorter = RetainData(archive: reference, retention: Retention(mode: mode, until: earlier))
                _ = try await storage.retain(shorter, taskID: taskID)
            }
            skip([.delete])
        } else {
            skip([.refuseEarlyDelete, .refuseShorten])
            await step(.delete) { [storage, taskID] () async throws(StorageError) in
                guard try await storage.delete(reference, taskID: taskID, reason: "check") else {
                    throw StorageError(.unexpected, .permanent, "the archive was not there to be deleted")
                }
            }
        }
    }

    mutating func skip(_ names: [CheckResult.Step.Name]) {
        for name in names { add(name, .skipped, since: .now) }
    }

    private mutating func step(
        _ name: CheckResult.Step.Name, _ body: () async throws(StorageError) -> Void
    ) async {
        if isBroken { return skip([name]) }
        let start = ContinuousClock.now
        do throws(StorageError) {
            try await body()
            add(name, .passed, since: start)
        } catch {
            add(name, .failed, since: start, error)
            if name == .write { isBroken = true }
        }
    }

    /// A step that passes when it is refused in one of these ways.
    private mutating func refusal(
        _ name: CheckResult.Step.Name, _ codes: [ErrorCode], _ body: () async throws(StorageError) -> Void
    ) async {
        if isBroken { return skip([name]) }
        let start = ContinuousClock.now
        do throws(StorageError) {
            try await body()
            add(
                name, .failed, since: start,
                StorageError(.unexpected, .permanent, "the store allowed what it must refuse"))
        } catch {
            if codes.contains(error.code) {
                add(name, .passed, since: start)
            } else {
                add(name, .failed, since: start, error)
            }
        }
    }

    private mutating func add(
        _ name: CheckResult.Step.Name, _ outcome: CheckResult.Step.Outcome, since start: ContinuousClock.Instant,
        _ error: StorageError? = nil
    ) {
        meter?.worked()
        let milliseconds = (ContinuousClock.now - start) / .milliseconds(1)
        steps.append(
            CheckResult.Step(
                name: name, outcome: outcome, milliseconds: Int64(milliseconds),
                error: error.map { $0.report(driver: storage.name) }))
    }
}

extension StorageError {
    /// The error as events show it.
    package func report(driver: DriverName?) -> ErrorReport {
        ErrorReport(
            code: code, message: message, retryable: retry != .permanent, place: place, driver: driver,
            context: context)
    }
}
