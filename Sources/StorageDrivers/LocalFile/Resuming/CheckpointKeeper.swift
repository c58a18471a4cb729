import ServiceRuntime
import Sharing
import Storage

/// Makes prefixes of a partial file safe, one after the other, and remembers the failure that ends this.
final class CheckpointKeeper: Sendable {
    private struct State {
        var isBusy = false
        var failure: StorageError?
    }

    private let partial: PartialFile
    private let body: any ResumableBody
    private let pool: BlockingPool
    private let state = Guarded(State())

    init(_ partial: PartialFile, _ body: any ResumableBody, _ pool: BlockingPool) {
        self.partial = partial
        self.body = body
        self.pool = pool
    }

    /// Whether one is on its way.
    var isBusy: Bool { state.withLock { $0.isBusy } }

    /// Why the bytes that were written are not safe.
    var failure: StorageError? { state.withLock { $0.failure } }

    /// Says that `keep` will be called.
    func begin() {
        state.withLock { $0.isBusy = true }
    }

    /// Returns when the prefix is safe and noted, or is known not to be.
    func keep(_ prefix: ArchivePrefix) async {
        let (partial, body) = (partial, body)
        do throws(StorageError) {
            try await pool.run { () throws(StorageError) in try partial.keep(prefix, of: body.origin) }
            body.noteCheckpoint(prefix.bytes)
            state.withLock { $0.isBusy = false }
        } catch {
            state.withLock { state in
                state.isBusy = false
                state.failure = state.failure ?? error
            }
        }
    }
}
