import Storage
import StowageContract

/// Copies an archive to a peer driver.
struct CopyOperation: TaskOperation {
    let data: CopyData

    func run(in context: OperationContext) async throws(StorageError) -> OperationOutcome {
        let source = context.storage
        try data.archive.checkDriver(source.name)
        context.meter?.awaits(.destination)
        let target = try await target(context.api)
        context.meter?.awaits(.source)
        let receipt: StoreReceipt
        do throws(StorageError) {
            let origin = try await movingDriverErrors(to: .source) { () async throws(StorageError) in
                try await source.origin(data.archive)
            }
            context.meter?.awaits(.destination)
            receipt = try await target.copy(
                origin, from: source, by: context.taskID, path: data.path, mayHaveRunBefore: context.mayHaveRunBefore,
                slice: context.slice, meter: context.meter)
        } catch {
            // An earlier delivery may have removed the source after its copy was announced.
            guard error.code == .notFound, error.place == .source,
                let standing = try await target.standingCopy(
                    of: data.archive, by: context.taskID, path: data.path)
            else { throw error }
            receipt = standing
        }
        let result = TaskResult.copy(handle: receipt.handle)
        return OperationOutcome(result, removal: removal(context.api, context.taskID, source.name, result))
    }

    /// The copy, if it stands in spite of everything; `unasked`: its driver cannot be asked.
    func lastLook(_ api: StorageAPI, _ taskID: TaskID) async -> (result: TaskResult?, unasked: [DriverName]) {
        do throws(StorageError) {
            let copy = try await target(api).standingCopy(of: data.archive, by: taskID, path: data.path)
            return (copy.map { .copy(handle: $0.handle) }, [])
        } catch {
            return (nil, error.code == .conflict ? [] : [data.to])
        }
    }

    /// What takes the original away once its copy `result` is announced; `nil`: not asked for.
    func removal(
        _ api: StorageAPI, _ taskID: TaskID, _ source: DriverName, _ result: TaskResult
    ) -> (any SourceRemoval)? {
        guard data.removeSource, case .copy(let handle) = result else { return nil }
        return OriginalRemoval(api: api, taskID: taskID, source: source, archive: data.archive, copy: handle)
    }

    private func target(_ api: StorageAPI) async throws(StorageError) -> Storage {
        try await movingDriverErrors(to: .destination) { () async throws(StorageError) in
            try await api.storage(data.to)
        }
    }
}
