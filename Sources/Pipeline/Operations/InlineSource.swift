import Sharing
package import Storage

/// The bytes that came with the task.
package struct InlineSource: ArchiveSource {
    let bytes: [UInt8]

    package init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    package func open() async throws(StorageError) -> any ArchiveBody { InlineBody(bytes) }
}

/// Bytes in memory, in one chunk.
private final class InlineBody: ArchiveBody {
    let size: Int64?
    private let rest: Guarded<[UInt8]?>

    init(_ bytes: [UInt8]) {
        self.size = Int64(bytes.count)
        self.rest = Guarded(bytes.isEmpty ? nil : bytes)
    }

    func next() async throws(StorageError) -> [UInt8]? { rest.withLock { $0.take() } }

    func close() async {}
}
