import Sharing

/// A part of a long body that is sent at once: whole chunks of it, so that the state of its digest is that of the part's end.
///
/// Where the body fails, the part ends there, so that what came before is kept; the failure waits in `failure`.
final class FileServerSegmentBody: ArchiveBody {
    private struct State {
        var left: Int64
        var landmark: FileServerLandmark
        var isOver = false
        var failure: StorageError?
    }

    let size: Int64? = nil
    private let body: any ResumableBody
    private let state: Guarded<State>

    /// `landmark` is that of what came before.
    init(_ body: any ResumableBody, bytes: Int64, _ landmark: FileServerLandmark) {
        self.body = body
        self.state = Guarded(State(left: bytes, landmark: landmark))
    }

    /// Whether nothing comes behind this part.
    var isLast: Bool { state.withLock { $0.isOver } }
    var failure: StorageError? { state.withLock { $0.failure } }
    var landmark: FileServerLandmark { state.withLock { $0.landmark } }

    func next() async throws(StorageError) -> [UInt8]? {
        guard state.withLock({ $0.left > 0 && !$0.isOver && $0.failure == nil }) else { return nil }
        do throws(StorageError) {
            guard let chunk = try await body.next() else {
                state.withLock { $0.isOver = true }
                return nil
            }
            state.withLock { state in
                state.left -= Int64(chunk.count)
                state.landmark.pass(chunk)
            }
            return chunk
        } catch {
            state.withLock { $0.failure = error }
            return nil
        }
    }

    /// The whole is closed by who opened it.
    func close() async {}
}
