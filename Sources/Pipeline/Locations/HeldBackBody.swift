import Cryptography
import Sharing
import Storage
import Transfer

/// The bytes of an archive on their way to somebody else: the last ones leave only when all have come and are right.
///
/// An archive proves itself at its end. Whoever gets a damaged one must not be left with a whole that looks complete.
final class HeldBackBody: TransferBody {
    static let heldBytes = 64 << 10

    private struct State: ~Copyable {
        var held: [UInt8] = []
        var hasher: SHA256Hasher?
        var digest: SHA256Digest?
        var isOver = false
    }

    private let body: any ArchiveBody
    private let state: Guarded<State>

    /// `hashes`: the digest of what passes is wanted.
    init(_ body: any ArchiveBody, hashes: Bool = false) {
        self.body = body
        self.state = Guarded(State(hasher: hashes ? SHA256Hasher() : nil))
    }

    /// Whether the last bytes were let go.
    var isOver: Bool { state.withLock { $0.isOver } }

    /// Of all that passed, once it is over.
    var digest: SHA256Digest? { state.withLock { $0.digest } }

    func next() async throws -> [UInt8]? {
        while !isOver {
            guard let chunk = try await body.next() else { return end() }
            let ready = state.withLock { state -> [UInt8] in
                state.hasher?.update(chunk)
                state.held += chunk
                let count = state.held.count - Self.heldBytes
                guard count > 0 else { return [] }
                let ready = Array(state.held.prefix(count))
                state.held.removeFirst(count)
                return ready
            }
            if !ready.isEmpty { return ready }
        }
        return nil
    }

    private func end() -> [UInt8]? {
        state.withLock { state in
            state.isOver = true
            if let hasher = state.hasher.take() { state.digest = hasher.finalize() }
            let held = state.held
            state.held = []
            return held.isEmpty ? nil : held
        }
    }
}
