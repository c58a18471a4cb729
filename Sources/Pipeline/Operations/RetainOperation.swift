import Storage
import StowageContract

/// Adds to what protects an archive, and says what is in force then.
struct RetainOperation: TaskOperation {
    let data: RetainData

    func run(in context: OperationContext) async throws(StorageError) -> OperationOutcome {
        try data.archive.checkDriver(context.storage.name)
        let state = try await context.storage.retain(data, taskID: context.taskID)
        return OperationOutcome(.retain(retention: state.retention, legalHold: !state.holds.isEmpty))
    }
}
