import Sharing
import Storage

/// A part of an archive that lies in memory in chunks.
final class ChunksBody: ArchiveBody {
    private struct State {
        var index = 0
        var toSkip: Int64
        var toPass: Int64
    }

    let size: Int64?
    private let chunks: [[UInt8]]
    private let state: Guarded<State>

    init(_ chunks: [[UInt8]], _ range: Range<Int64>) {
        self.chunks = chunks
        self.size = Int64(range.count)
        self.state = Guarded(State(toSkip: range.lowerBound, toPass: Int64(range.count)))
    }

    func next() async throws(StorageError) -> [UInt8]? {
        state.withLock { state in
            while state.toPass > 0, state.index < chunks.count {
                let chunk = chunks[state.index]
                state.index += 1
                let length = Int64(chunk.count)
                if state.toSkip >= length {
                    state.toSkip -= length
                    continue
                }
                let isWhole = state.toSkip == 0 && length <= state.toPass
                let part = isWhole ? chunk : Array(chunk.dropFirst(Int(state.toSkip)).prefix(Int(state.toPass)))
                state.toSkip = 0
                state.toPass -= Int64(part.count)
                return part
            }
            return nil
        }
    }

    func close() async {}
}
