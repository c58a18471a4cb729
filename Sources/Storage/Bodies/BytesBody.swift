import Sharing
import StowageContract

/// Bytes in memory as a body, in chunks of at most 1 MiB.
package final class BytesBody: ArchiveBody {
    package let size: Int64?
    private let bytes: [UInt8]
    private let position = Guarded(0)

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
        self.size = Int64(bytes.count)
    }

    package func next() async throws(StorageError) -> [UInt8]? {
        position.withLock { position in
            guard position < bytes.count else { return nil }
            let end = min(position + 1 << 20, bytes.count)
            defer { position = end }
            return position == 0 && end == bytes.count ? bytes : Array(bytes[position..<end])
        }
    }

    package func close() async {}
}

/// Bytes in memory as a source.
package struct BytesSource: ArchiveSource {
    private let bytes: [UInt8]

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    package func open() async throws(StorageError) -> any ArchiveBody { BytesBody(bytes) }
}
