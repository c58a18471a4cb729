import Storage
import StowageContract

/// Reads an archive and compares it with what was recorded.
struct VerifyOperation: TaskOperation {
    let data: VerifyData

    func run(in context: OperationContext) async throws(StorageError) -> OperationOutcome {
        try data.archive.checkDriver(context.storage.name)
        return OperationOutcome(.verify(try await context.storage.verify(data, meter: context.meter)))
    }
}

/// Tries what the store can do.
struct CheckOperation: TaskOperation {
    let data: CheckData

    func run(in context: OperationContext) async throws(StorageError) -> OperationOutcome {
        OperationOutcome(.check(try await context.storage.check(data, taskID: context.taskID, meter: context.meter)))
    }
}
