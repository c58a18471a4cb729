import ServiceRuntime
import Storage
import StowageContract

/// Has a URL made with which the requester can fetch an archive.
struct PresignOperation: TaskOperation {
    let data: PresignData

    func run(in context: OperationContext) async throws(StorageError) -> OperationOutcome {
        try data.archive.checkDriver(context.storage.name)
        guard context.hasRequester else {
            throw StorageError(.invalidTask, .permanent, "a presigned URL needs a reply-to", at: .task)
        }
        let presigned = try await context.storage.presign(data)
        return OperationOutcome(.presign(expiresAt: presigned.expiresAt, url: presigned.url.exposed))
    }
}
