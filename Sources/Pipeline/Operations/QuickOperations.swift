import Storage
import StowageContract

/// Says what is stored under a key.
struct StatOperation: TaskOperation {
    let reference: ArchiveReference

    func run(in context: OperationContext) async throws(StorageError) -> OperationOutcome {
        try reference.checkDriver(context.storage.name)
        return OperationOutcome(.stat(StatResult(handle: try await context.storage.stat(reference))))
    }
}

/// Names what is stored, page by page.
struct ListOperation: TaskOperation {
    let data: ListData

    func run(in context: OperationContext) async throws(StorageError) -> OperationOutcome {
        OperationOutcome(.list(try await context.storage.list(data)))
    }
}

/// Says how much room there is.
struct CapacityOperation: TaskOperation {
    func run(in context: OperationContext) async throws(StorageError) -> OperationOutcome {
        OperationOutcome(.capacity(try await context.storage.capacity()))
    }
}

/// Removes an archive.
struct DeleteOperation: TaskOperation {
    let data: DeleteData

    func run(in context: OperationContext) async throws(StorageError) -> OperationOutcome {
        try data.archive.checkDriver(context.storage.name)
        let found = try await context.storage.delete(data.archive, taskID: context.taskID, reason: data.reason)
        // A task that may have run before finds nothing because it has deleted it itself.
        guard found || !data.strict || context.mayHaveRunBefore else {
            throw StorageError(.notFound, .permanent, "there is no such archive")
        }
        return OperationOutcome(.delete(DeleteResult(deleted: found, absent: !found)))
    }
}

extension ArchiveReference {
    /// A handle must belong to the driver that runs the task.
    func checkDriver(_ name: DriverName) throws(StorageError) {
        guard let driver, driver != name else { return }
        throw StorageError(
            .invalidTask, .permanent, "the handle belongs to another driver", at: .task,
            context: ["handle.driver": driver.text])
    }
}
