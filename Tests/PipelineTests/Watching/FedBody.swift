import Sharing
import Storage

/// A body that brings what a test feeds it, when the test feeds it.
final class FedBody: ArchiveBody {
    private struct State {
        var chunks: [[UInt8]] = []
        var isFinished = false
        var waiter: FirstAnswer<Void>?
        var asked = 0
        var watchers: [(Int, FirstAnswer<Void>)] = []
    }

    let size: Int64?
    private let state = Guarded(State())

    init(size: Int64?) {
        self.size = size
    }

    /// The next chunk; `nil` ends the body.
    func feed(_ chunk: [UInt8]?) {
        let waiter = state.withLock { state in
            if let chunk { state.chunks.append(chunk) } else { state.isFinished = true }
            return state.waiter.take()
        }
        waiter?.give(())
    }

    /// Returns once `next` was called that often.
    func asked(_ count: Int) async {
        let watcher = state.withLock { state -> FirstAnswer<Void>? in
            guard state.asked < count else { return nil }
            let watcher = FirstAnswer<Void>()
            state.watchers.append((count, watcher))
            return watcher
        }
        await watcher?.value()
    }

    func next() async throws(StorageError) -> [UInt8]? {
        let woken = state.withLock { state in
            state.asked += 1
            let asked = state.asked
            defer { state.watchers.removeAll { $0.0 <= asked } }
            return state.watchers.filter { $0.0 <= asked }
        }
        for (_, watcher) in woken { watcher.give(()) }
        while true {
            try StorageError.checkCancellation()
            let waiter = FirstAnswer<Void>()
            let (chunk, isFinished) = state.withLock { state -> ([UInt8]?, Bool) in
                if !state.chunks.isEmpty { return (state.chunks.removeFirst(), false) }
                if !state.isFinished { state.waiter = waiter }
                return (nil, state.isFinished)
            }
            if let chunk { return chunk }
            if isFinished { return nil }
            await withTaskCancellationHandler {
                await waiter.value()
            } onCancel: {
                waiter.give(())
            }
        }
    }

    func close() async {}
}
