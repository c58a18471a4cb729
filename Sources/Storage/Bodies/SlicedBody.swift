import Sharing
import StowageContract

/// A part of another body, for stores that cannot read parts.
final class SlicedBody: ArchiveBody {
    private struct State {
        var toSkip: Int64
        var toPass: Int64
    }

    let size: Int64?
    private let body: any ArchiveBody
    private let state: Guarded<State>

    init(_ body: any ArchiveBody, _ range: Range<Int64>) {
        self.body = body
        self.size = Int64(range.count)
        self.state = Guarded(State(toSkip: range.lowerBound, toPass: Int64(range.count)))
    }

    func next() async throws(StorageError) -> [UInt8]? {
        while state.withLock({ $0.toPass }) > 0 {
            guard let chunk = try await body.next() else { return nil }
            let part = state.withLock { state -> ArraySlice<UInt8> in
                let skipped = min(state.toSkip, Int64(chunk.count))
                state.toSkip -= skipped
                let part = chunk.dropFirst(Int(skipped)).prefix(Int(state.toPass))
                state.toPass -= Int64(part.count)
                return part
            }
            if !part.isEmpty { return Array(part) }
        }
        return nil
    }

    func close() async { await body.close() }
}
