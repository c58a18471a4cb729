import Cryptography
import Sharing
import StowageContract

/// Counts and hashes the bytes of a source, or of the store in place of the source's first ones.
final class ResumingBody: ResumableBody, CountedBody {
    private struct State: ~Copyable {
        var hasher: PausableSHA256Hasher? = PausableSHA256Hasher()
        var count: Int64 = 0
        var resumed: Int64 = 0
        var checkpoint: Int64 = 0
        var isAdmitted = false
        var digest: SHA256Digest?

        var passed: ArchivePrefix {
            ArchivePrefix(bytes: count, sha256: (digest ?? hasher?.digestSoFar())?.hexadecimal ?? "")
        }

        mutating func pass(_ chunk: [UInt8]) {
            hasher?.update(chunk)
            count += Int64(chunk.count)
        }
    }

    /// What bounds the bytes that pass.
    struct Limits: Sendable {
        /// The most bytes, and what is thrown where there are more.
        var mostBytes: Int64
        var tooMany: StorageError
        /// Asked before the first byte of the source, with how many are to come, where that is known, and what tells
        /// how many of them have come.
        var admit:
            @Sendable (_ bytes: Int64?, _ taken: @escaping @Sendable () -> Int64) async throws(StorageError) -> Void
    }

    let origin: String
    private let body: any SeekableBody
    private let limits: Limits
    private let slice: Slice?
    private let meter: TransferMeter?
    private let state = Guarded(State())

    init(
        _ body: any SeekableBody, request digest: String, limits: Limits, slice: Slice?, meter: TransferMeter? = nil
    ) {
        self.body = body
        self.limits = limits
        self.slice = slice
        self.meter = meter
        self.origin = SHA256Hasher.digest(of: Array((digest + "\n" + body.identity).utf8)).hexadecimal
    }

    var size: Int64? { body.size }

    var isForgone: Bool { slice?.isForgone ?? false }

    var passed: ArchivePrefix { state.withLock { $0.passed } }

    var total: HashingBody.Total? {
        state.withLock { state in state.digest.map { HashingBody.Total(size: state.count, digest: $0) } }
    }

    var taken: Int64 { state.withLock { $0.count - $0.resumed } }

    var resumed: Int64 { state.withLock { $0.resumed } }

    func resume(behind stored: any ArchiveBody, expecting expected: ArchivePrefix) async throws(StorageError) -> Bool {
        do throws(StorageError) {
            while let chunk = try await stored.next() {
                try StorageError.checkCancellation()
                state.withLock { $0.pass(chunk) }
                meter?.worked()
            }
        } catch {
            state.withLock { $0 = State() }
            throw error
        }
        let isExpected = state.withLock { state in
            guard state.passed == expected, expected.bytes <= body.size ?? .max else {
                state = State()
                return false
            }
            state.resumed = expected.bytes
            state.checkpoint = expected.bytes
            return true
        }
        if isExpected { try await body.seek(to: expected.bytes) }
        return isExpected
    }

    var checkpoint: String {
        state.withLock { state in
            guard let hash = state.hasher?.paused else { return "" }
            return ReadCheckpoint(subject: origin, hash: hash).text
        }
    }

    func resume(from checkpoint: String) async throws(StorageError) -> Int64? {
        guard let checkpoint = ReadCheckpoint(text: checkpoint), checkpoint.subject == origin,
            checkpoint.hash.count <= body.size ?? .max
        else { return nil }
        let count = checkpoint.hash.count
        try await body.seek(to: count)
        state.withLock { state in
            state.hasher = PausableSHA256Hasher(checkpoint.hash)
            state.count = count
            state.resumed = count
            state.checkpoint = count
        }
        return count
    }

    func noteCheckpoint(_ bytes: Int64) {
        state.withLock { $0.checkpoint = max($0.checkpoint, bytes) }
    }

    func next() async throws(StorageError) -> [UInt8]? {
        try StorageError.checkCancellation()
        let (isAdmitted, hasAdvanced, resumed) = state.withLock { state in
            (state.isAdmitted, state.checkpoint > state.resumed, state.resumed)
        }
        if hasAdvanced, let slice, slice.isOver {
            slice.handOver()
            throw StorageError.handedOver
        }
        if !isAdmitted {
            try await limits.admit(body.size.map { $0 - resumed }) { [self] in taken }
            state.withLock { $0.isAdmitted = true }
        }
        guard let chunk = try await body.next() else {
            state.withLock { state in
                if let hasher = state.hasher.take() { state.digest = hasher.finalize() }
            }
            return nil
        }
        let count = state.withLock { state in
            state.pass(chunk)
            return state.count
        }
        guard count <= limits.mostBytes else { throw limits.tooMany }
        return chunk
    }

    func close() async { await body.close() }
}

extension StorageError {
    /// The work stopped behind a checkpoint, for another delivery to go on.
    package static let handedOver = StorageError(
        .cancelled, .transient(after: nil), "another delivery goes on from the checkpoint")
}
