import Sharing
import TestSupport
import Transfer

/// A body of so many equal bytes; counts what was pulled.
final class EvenBody: TransferBody {
    let pulled = Guarded(0)
    private let size: Int
    private let chunk: Int

    init(_ size: Int, chunk: Int = 64 << 10) {
        self.size = size
        self.chunk = chunk
    }

    func next() async throws -> [UInt8]? {
        let count = pulled.withLock { pulled in
            let count = min(chunk, size - pulled)
            pulled += count
            return count
        }
        return count > 0 ? [UInt8](repeating: UInt8(ascii: "e"), count: count) : nil
    }
}

/// A body that gives some chunks and then fails, or waits until its task is cancelled.
final class EndlessBody: TransferBody {
    struct Failure: Error {}

    let isWaiting = Watched(false)
    let wasCancelled = Watched(false)
    private let chunks: Guarded<[[UInt8]]>
    private let fails: Bool

    init(_ chunks: [String] = [], fails: Bool = false) {
        self.chunks = Guarded(chunks.map { Array($0.utf8) })
        self.fails = fails
    }

    func next() async throws -> [UInt8]? {
        let chunk = chunks.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        if let chunk { return chunk }
        if fails { throw Failure() }
        isWaiting.change { $0 = true }
        let (cancelled, wasCancelled) = (FirstAnswer<Void>(), wasCancelled)
        await withTaskCancellationHandler {
            await cancelled.value()
        } onCancel: {
            wasCancelled.change { $0 = true }
            cancelled.give(())
        }
        throw CancellationError()
    }
}
