import Sharing
import FileSystem
import ServiceRuntime
import Storage

/// An archive, or a part of it, read piece by piece on the pool.
final class LocalFileBody: IdentifiedBody {
    /// How much is read at once.
    static let chunkBytes: Int64 = 1 << 20

    private struct State {
        var offset: Int64
        let end: Int64
        /// What was read at opening.
        var first: [UInt8]?
    }

    let size: Int64?
    let identity: String
    private let file: OpenFile
    private let pool: BlockingPool
    private let state: Guarded<State>

    /// `status` is that of the file when it was opened, where somebody may ask for its identity.
    init(_ file: OpenFile, _ range: Range<Int64>, of status: FileStatus? = nil, first: [UInt8]?, pool: BlockingPool) {
        // Without the device: each machine that mounts the file system numbers it in its own way.
        self.identity = status.map { "file \($0.inode) \($0.size) \($0.modifiedAt)" } ?? ""
        self.file = file
        self.pool = pool
        self.size = Int64(range.count)
        self.state = Guarded(State(offset: range.lowerBound, end: range.upperBound, first: first))
    }

    func next() async throws(StorageError) -> [UInt8]? {
        let (first, offset, count) = state.withLock { state in
            let first = state.first
            state.first = nil
            if let first { state.offset += Int64(first.count) }
            return (first, state.offset, min(Self.chunkBytes, state.end - state.offset))
        }
        if let first, !first.isEmpty { return first }
        guard count > 0 else { return nil }
        let file = file
        let chunk = try await pool.look(orIfCancelled: .cancelled) { () throws(StorageError) in
            try mapped { () throws(FileSystemError) in try file.read(at: offset, count: Int(count)) }
        }
        // Shorter than it was: the reader above compares the whole and says so.
        guard !chunk.isEmpty else { return nil }
        state.withLock { $0.offset += Int64(chunk.count) }
        return chunk
    }

    func close() async {}
}
