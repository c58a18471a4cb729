import Sharing
package import Storage
import StowageContract

/// Bytes in memory that can be read from anywhere, break off where a test says so, and tell how much was taken.
package final class SeekableSource: ArchiveSource {
    /// What happens once that many bytes were taken since the opening.
    package enum Break: Sendable {
        case fails(after: Int64)
        /// Waits until the test opens the gate, or the task is cancelled.
        case waits(after: Int64)
    }

    let bytes: [UInt8]
    let identity: String
    let end: Break?
    let noted = Guarded(Noted())

    /// What a source was asked for.
    struct Noted: Sendable {
        var taken: Int64 = 0
        var seeks: [Int64] = []
        var isReleased = false
        /// The body came to the gate.
        var hasArrived = false
        var watchers: [Handover<Void>] = []
    }

    package init(_ bytes: [UInt8], identity: String = "the source", _ end: Break? = nil) {
        self.bytes = bytes
        self.identity = identity
        self.end = end
    }

    /// Bytes handed out over all openings.
    package var taken: Int64 { noted.withLock { $0.taken } }

    /// Where it was asked to go on.
    package var seeks: [Int64] { noted.withLock { $0.seeks } }

    /// Returns once a body waits for the gate.
    package func waiting() async {
        await handedOver { handover in
            let hasArrived = noted.withLock { noted in
                if !noted.hasArrived { noted.watchers.append(handover) }
                return noted.hasArrived
            }
            if hasArrived { handover.resume() }
        }
    }

    /// Lets the one who waits go on.
    package func release() { noted.withLock { $0.isReleased = true } }

    /// Waits at the gate until it is opened or the task is cancelled.
    func passGate() async throws(StorageError) {
        let watchers = noted.withLock { noted in
            noted.hasArrived = true
            defer { noted.watchers = [] }
            return noted.watchers
        }
        for watcher in watchers { watcher.resume() }
        while !noted.withLock({ $0.isReleased }) {
            try StorageError.checkCancellation()
            await Task.yield()
        }
    }

    package func open() async throws(StorageError) -> any ArchiveBody { SeekableBytes(self) }
}

private final class SeekableBytes: SeekableBody {
    private static let chunkBytes = 100_000

    private let source: SeekableSource
    private let state = Guarded((offset: 0, taken: Int64(0)))

    init(_ source: SeekableSource) {
        self.source = source
    }

    var size: Int64? { Int64(source.bytes.count) }

    var identity: String { source.identity }

    func seek(to offset: Int64) async throws(StorageError) {
        state.withLock { $0.offset = Int(offset) }
        source.noted.withLock { $0.seeks.append(offset) }
    }

    func next() async throws(StorageError) -> [UInt8]? {
        let (offset, taken) = state.withLock { $0 }
        switch source.end {
        case .fails(let after) where taken >= after:
            throw StorageError(.unavailable, .transient(after: nil), "the source broke off", at: .source)
        case .waits(let after) where taken >= after: try await source.passGate()
        default: break
        }
        guard offset < source.bytes.count else { return nil }
        let chunk = Array(source.bytes[offset..<min(offset + Self.chunkBytes, source.bytes.count)])
        state.withLock { state in
            state.offset += chunk.count
            state.taken += Int64(chunk.count)
        }
        source.noted.withLock { $0.taken += Int64(chunk.count) }
        return chunk
    }

    func close() async {}
}
