import Sharing
import Storage
import Transfer

/// The bytes of an archive on their way to the server, from the start again where the server refused them unread.
///
/// Only the first of them are kept: a server that wants to know who asks says so before it takes any.
final class ReplayedBody: TransferBody {
    /// What is kept besides the first chunks: more than a client takes in before the server has asked for it.
    private static let mostKept = 2 << 20

    private struct State {
        /// Everything given so far; `nil`: it has become too much.
        var kept: [[UInt8]]?
        var keptBytes: Int
        /// What of `kept` is to be given again.
        var position = 0
        var isBroken = false
    }

    private let rest: any ArchiveBody
    private let state: Guarded<State>

    /// `first` was pulled from the body already.
    init(_ first: [UInt8], then rest: any ArchiveBody) {
        self.rest = rest
        state = Guarded(State(kept: first.isEmpty ? [] : [first], keptBytes: 0))
    }

    func next() async throws -> [UInt8]? {
        let again = state.withLock { state -> [UInt8]? in
            guard let kept = state.kept, state.position < kept.count else { return nil }
            state.position += 1
            return kept[state.position - 1]
        }
        if let again { return again }
        do throws(StorageError) {
            guard let chunk = try await rest.next() else { return nil }
            state.withLock { state in
                state.keptBytes += chunk.count
                if state.keptBytes > Self.mostKept { state.kept = nil }
                state.kept?.append(chunk)
                state.position += 1
            }
            return chunk
        } catch {
            state.withLock { $0.isBroken = true }
            throw error
        }
    }

    /// Goes back to the start; returns whether that is possible.
    func rewind() -> Bool {
        state.withLock { state in
            guard state.kept != nil, !state.isBroken else { return false }
            state.position = 0
            return true
        }
    }
}
