import Sharing

/// The wish that everything stops cleanly; once requested it stays so.
package final class ShutdownSignal: Sendable {
    private struct State {
        var isRequested = false
        var lastWaiter: UInt64 = 0
        var waiters: [UInt64: Handover<Void>] = [:]
    }

    private let state = Guarded(State())

    package init() {}

    /// Whether it was requested.
    package var isRequested: Bool {
        state.withLock { $0.isRequested }
    }

    /// Wakes everybody who waits, now and later; a second call changes nothing.
    package func request() {
        let waiters = state.withLock { state in
            state.isRequested = true
            defer { state.waiters = [:] }
            return state.waiters.values
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns once shutdown is requested or the waiting task is cancelled.
    package func requested() async {
        let number = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        await withTaskCancellationHandler {
            await handedOver { continuation in
                // A cancellation before this point has set the flag; one after it finds the waiter.
                let isOver = state.withLock { state in
                    if state.isRequested || Task.isCancelled { return true }
                    state.waiters[number] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: number) }?.resume()
        }
    }

    /// Runs `body` and cancels it when shutdown is requested.
    ///
    /// - Throws: what `body` throws, a `CancellationError` included.
    package func cancelling<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value
    {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                await self.requested()
                return nil
            }
            defer { group.cancelAll() }
            while let ended = try await group.next() {
                if let value = ended { return value }
                group.cancelAll()
            }
            throw CancellationError()
        }
    }
}
