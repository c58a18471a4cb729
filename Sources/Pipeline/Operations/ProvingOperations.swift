import Storage
import StowageContract

/// Reads an archive and compares it with what was recorded.
struct VerifyOperation: TaskOperation {
    let data: VerifyData

    func run(in context: OperationContext) async throws(StorageError) -> OperationOutcome {
        try data.archive.checkDriver(context.storage.name)
        let result = try await context.storage.verify(data, slice: context.slice, meter: context.meter)
        return OperationOutcome(.verify(result))
    }
}

/// Tries what the store can do.
struct CheckOperation: TaskOperation {
    let data: CheckData

    func run(in context: OperationContext) async throws(StorageError) -> OperationOutcome {
        OperationOutcome(.check(try await context.storage.check(data, taskID: context.taskID, meter: context.meter)))
    }
}
