import Sharing
import Transfer

/// The bytes of a part that lies in memory.
final class S3PartBody: TransferBody {
    private let part: S3Part
    private let index = Guarded(0)

    init(_ part: S3Part) {
        self.part = part
    }

    func next() async throws -> [UInt8]? {
        let index = index.withLock { index in
            index += 1
            return index - 1
        }
        return index < part.chunks.count ? part.chunks[index] : nil
    }
}
