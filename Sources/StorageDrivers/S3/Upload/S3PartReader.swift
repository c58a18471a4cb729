import Cryptography
import Sharing
import Storage
import StowageContract

/// Cuts a body into parts, and computes what each is to be proved by.
///
/// Used by one task at a time.
final class S3PartReader: Sendable {
    /// A place in the body from which another delivery can go on.
    struct Place: Sendable {
        /// How many bytes lie before it.
        var bytes: Int64
        var checkpoint: String
    }

    private struct State {
        /// What was read beyond the end of the last part.
        var rest: ArraySlice<UInt8> = []
        var isAtEnd = false
        var place: Place?
    }

    /// Which digests are wanted besides MD5.
    struct Digests: Sendable {
        var sha256 = false
        var crc32c = false
    }

    private let body: any ArchiveBody
    private let digests: Digests
    private let state = Guarded(State())

    init(_ body: any ArchiveBody, _ digests: Digests) {
        self.body = body
        self.digests = digests
    }

    /// The last place at or before the end of what was handed out that another delivery can go on from; `nil`: none.
    var place: Place? { state.withLock { $0.place } }

    /// The next bytes, at most `limit`; `nil` at the end.
    func chunk(_ limit: Int) async throws(StorageError) -> [UInt8]? {
        let (rest, isAtEnd) = state.withLock { state in (state.rest.prefix(limit), state.isAtEnd) }
        if !rest.isEmpty {
            state.withLock { $0.rest = $0.rest.dropFirst(rest.count) }
            notePlace()
            return Array(rest)
        }
        if isAtEnd { return nil }
        notePlace()
        guard let next = try await body.next() else {
            state.withLock { $0.isAtEnd = true }
            return nil
        }
        guard next.count > limit else {
            notePlace()
            return next
        }
        state.withLock { $0.rest = next[limit...] }
        return Array(next[..<limit])
    }

    /// The next part of at most `limit` bytes; fewer only at the end.
    func part(_ limit: Int) async throws(StorageError) -> S3Part {
        var chunks: [[UInt8]] = []
        var count = 0
        var md5 = MD5Hasher()
        var sha256 = digests.sha256 ? SHA256Hasher() : nil
        var crc32c = digests.crc32c ? CRC32C() : nil
        while count < limit, let chunk = try await chunk(limit - count) {
            md5.update(chunk)
            sha256?.update(chunk)
            crc32c?.update(chunk)
            count += chunk.count
            chunks.append(chunk)
        }
        return S3Part(
            chunks: chunks, count: count, md5: md5.finalize(), sha256: sha256.take()?.finalize().hexadecimal ?? "",
            crc32c: crc32c?.bytes ?? [])
    }

    /// Whether nothing comes any more; reads on where that is not known yet.
    func isDrained() async throws(StorageError) -> Bool {
        let (isEmpty, isAtEnd) = state.withLock { ($0.rest.isEmpty, $0.isAtEnd) }
        if !isEmpty { return false }
        if isAtEnd { return true }
        guard let next = try await body.next() else {
            state.withLock { $0.isAtEnd = true }
            return true
        }
        state.withLock { $0.rest = next[...] }
        return false
    }

    /// Between two chunks of the body, while nothing of the last one is left over.
    private func notePlace() {
        guard let body = body as? any ResumableBody else { return }
        let place = Place(bytes: body.passed.bytes, checkpoint: body.checkpoint)
        state.withLock { state in
            if state.rest.isEmpty { state.place = place }
        }
    }
}
