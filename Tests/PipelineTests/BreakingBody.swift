import Storage
import StowageContract

/// Brings its bytes and then breaks off.
final class BreakingBody: ArchiveBody {
    let size: Int64?
    private let body: BytesBody
    private let retry: StorageError.Retry

    init(_ bytes: [UInt8], size: Int64, retry: StorageError.Retry = .transient(after: nil)) {
        self.size = size
        self.body = BytesBody(bytes)
        self.retry = retry
    }

    func next() async throws(StorageError) -> [UInt8]? {
        if let chunk = try await body.next() { return chunk }
        throw StorageError(.unavailable, retry, "the store broke off")
    }

    func close() async {}
}
