import FileSystem
import Storage
import StowageContract

/// Stores an archive.
struct StoreOperation: TaskOperation {
    let data: StoreData

    func run(in context: OperationContext) async throws(StorageError) -> OperationOutcome {
        let request = data.request(
            taskID: context.taskID, driver: context.storage.name, mayHaveRunBefore: context.mayHaveRunBefore)
        switch data.source {
        case .inline(let bytes):
            return OperationOutcome(.store(try await store(request, from: InlineSource(bytes: bytes), in: context)))
        case .file(let path):
            let source = SpoolSource(path: path, roots: context.spool, blocking: context.blocking)
            let result = try await store(request, from: source, in: context)
            return OperationOutcome(.store(result), removal: removal(source.removal, after: result))
        case .handle(let reference):
            guard let name = reference.driver else {
                throw StorageError(.invalidTask, .permanent, "the source handle names no driver", at: .task)
            }
            let storage = try await moving(errorsTo: .source) { () throws(StorageError) in
                try await context.api.storage(name)
            }
            let result = try await store(request, from: storage.source(reference), in: context)
            let removal = ArchiveRemoval(
                storage: storage, reference: reference, taskID: context.taskID, result: .store(result))
            return OperationOutcome(.store(result), removal: self.removal(removal, after: result))
        case .url(let url):
            let isProved = data.sha256 != nil || data.size != nil
            let source = try context.locations.source(
                url, isProved: isProved, limit: context.patience, meter: context.meter)
            return OperationOutcome(.store(try await store(request, from: source, in: context)))
        }
    }

    private func store(
        _ request: StoreRequest, from source: any ArchiveSource, in context: OperationContext
    ) async throws(StorageError) -> StoreResult {
        guard data.copies.isEmpty else {
            return try await CopiedStore(data: data, context: context).run(from: source)
        }
        var request = request
        request.slice = context.slice
        request.meter = context.meter
        return StoreResult(try await context.storage.store(request, from: source))
    }

    /// What takes the source away, where that is asked for and every wanted copy stands.
    private func removal(_ removal: any SourceRemoval, after result: StoreResult) -> (any SourceRemoval)? {
        guard data.removeSource else { return nil }
        return MissingCopies(result) ?? removal
    }
}

extension StoreResult {
    /// What a receipt says, in the words of the contract.
    init(_ receipt: StoreReceipt) {
        self.init(
            handle: receipt.handle, alreadyPresent: receipt.alreadyPresent, verified: receipt.verified,
            exclusive: receipt.exclusive, durability: receipt.durability, retention: receipt.retention,
            sourceBytes: receipt.sourceBytes, resumedBytes: receipt.resumedBytes)
    }
}

extension StoreData {
    /// What is asked of the driver `driver`.
    func request(taskID: TaskID, driver: DriverName, mayHaveRunBefore: Bool) -> StoreRequest {
        StoreRequest(
            operation: .store, taskID: taskID, name: name, path: path, size: size, sha256: sha256,
            mediaType: mediaType, metadata: metadata, retention: retention, legalHold: legalHold,
            options: driverOptions[driver], mayHaveRunBefore: mayHaveRunBefore)
    }
}
