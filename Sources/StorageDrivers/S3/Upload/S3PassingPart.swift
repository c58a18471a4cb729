import Cryptography
import Sharing
import Storage
import Transfer

/// The bytes of a part that is too long to be held: they pass once, and are hashed as they do.
final class S3PassingPart: TransferBody {
    private struct State: ~Copyable {
        var left: Int
        var md5: MD5Hasher? = MD5Hasher()
        var etag = ""
        var checksum: RunningChecksum?
    }

    private let reader: S3PartReader
    private let state: Guarded<State>

    init(_ reader: S3PartReader, bytes: Int, _ checksum: TrailingChecksum?) {
        self.reader = reader
        var state = State(left: bytes)
        if let checksum { state.checksum = RunningChecksum(checksum) }
        self.state = Guarded(state)
    }

    /// The entity tag that the store should give it, once all bytes have passed.
    var etag: String {
        state.withLock { state in
            if let md5 = state.md5.take() { state.etag = Hexadecimal.encode(md5.finalize()) }
            return state.etag
        }
    }

    /// Its checksum once all bytes have passed, in base64; `nil`: none was wanted.
    var checksum: String? { state.withLock { $0.checksum?.value } }

    func next() async throws -> [UInt8]? {
        let left = state.withLock { $0.left }
        guard left > 0, let chunk = try await reader.chunk(min(left, 256 << 10)) else { return nil }
        state.withLock { state in
            state.left -= chunk.count
            state.md5?.update(chunk)
            state.checksum?.update(chunk)
        }
        return chunk
    }
}
