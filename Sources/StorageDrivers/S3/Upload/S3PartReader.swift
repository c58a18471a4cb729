import Sharing
import Storage
import StowageContract

/// Cuts a body into parts.
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

    private let body: any ArchiveBody
    private let state = Guarded(State())

    init(_ body: any ArchiveBody) {
        self.body = body
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
    func part(_ limit: Int) async throws(StorageError) -> S3Part.Bytes {
        var bytes = S3Part.Bytes()
        while bytes.count < limit, let chunk = try await chunk(limit - bytes.count) { bytes.add(chunk) }
        return bytes
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
