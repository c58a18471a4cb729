import Sharing
import Cryptography
import StowageContract

/// Counts and hashes the bytes of another body as they pass.
final class HashingBody: ArchiveBody {
    private struct State: ~Copyable {
        var hasher: PausableSHA256Hasher?
        var count: Int64
        var digest: SHA256Digest?
    }

    /// What passed, once the end was reached.
    struct Total: Sendable {
        var size: Int64
        var digest: SHA256Digest
    }

    private let body: any ArchiveBody
    private let mostBytes: Int64
    private let tooMany: StorageError
    private let atEnd: @Sendable (Total) throws(StorageError) -> Void
    private let state: Guarded<State>

    /// Goes on behind a `beginning`, which counts.
    ///
    /// Passes at most `mostBytes`, then throws `tooMany`; at the end asks `atEnd` whether the whole is what it should be.
    init(
        _ body: any ArchiveBody, behind beginning: PausedSHA256? = nil, mostBytes: Int64, tooMany: StorageError,
        atEnd: @escaping @Sendable (Total) throws(StorageError) -> Void
    ) {
        let hasher = beginning.map { PausableSHA256Hasher($0) } ?? PausableSHA256Hasher()
        self.state = Guarded(State(hasher: hasher, count: beginning?.count ?? 0))
        self.body = body
        self.mostBytes = mostBytes
        self.tooMany = tooMany
        self.atEnd = atEnd
    }

    var size: Int64? { body.size }

    /// Bytes that passed so far.
    var count: Int64 { state.withLock { $0.count } }

    /// What passed; `nil` before the end.
    var total: Total? {
        state.withLock { state in state.digest.map { Total(size: state.count, digest: $0) } }
    }

    func next() async throws(StorageError) -> [UInt8]? {
        try StorageError.checkCancellation()
        guard let chunk = try await body.next() else {
            let total = state.withLock { state -> Total? in
                guard let hasher = state.hasher.take() else { return nil }
                let digest = hasher.finalize()
                state.digest = digest
                return Total(size: state.count, digest: digest)
            }
            if let total { try atEnd(total) }
            return nil
        }
        let count = state.withLock { state in
            state.hasher?.update(chunk)
            state.count += Int64(chunk.count)
            return state.count
        }
        guard count <= mostBytes else { throw tooMany }
        return chunk
    }

    func close() async { await body.close() }
}

extension ArchiveBody {
    /// Pulls everything and drops it; `meter` sees that something moves.
    func drain(_ meter: TransferMeter? = nil) async throws(StorageError) {
        while try await next() != nil { meter?.worked() }
    }
}
