import Storage
import StowageContract

/// An operation of the contract that this version does not run: refused, never ignored.
struct UnsupportedOperation: TaskOperation {
    let operation: Operation

    func run(in context: OperationContext) async throws(StorageError) -> OperationOutcome {
        throw StorageError(
            .unsupported, .permanent, "this version does not run the operation", at: .task,
            context: ["operation": operation.rawValue])
    }
}
