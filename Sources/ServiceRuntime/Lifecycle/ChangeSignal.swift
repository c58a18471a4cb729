import Sharing

/// Tells those who wait that something may have changed.
package final class ChangeSignal: Sendable {
    private struct State {
        var version = 0
        var lastWaiter: UInt64 = 0
        var waiters: [UInt64: Handover<Void>] = [:]
    }

    private let state = Guarded(State())

    package init() {}

    /// Has everybody who waits look again.
    package func send() {
        let waiters = state.withLock { state in
            state.version &+= 1
            defer { state.waiters = [:] }
            return state.waiters.values
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns once `condition` is true, asked now and after each `send()`, or the waiting task is cancelled.
    package func wait(until condition: @Sendable () -> Bool) async {
        while !Task.isCancelled {
            // Before it is asked, so that no change can pass unseen in between.
            let version = state.withLock { $0.version }
            if condition() { return }
            await change(after: version)
        }
    }

    private func change(after version: Int) async {
        let number = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        await withTaskCancellationHandler {
            await handedOver { continuation in
                // A cancellation before this point has set the flag; one after it finds the waiter.
                let isOver = state.withLock { state in
                    if state.version != version || Task.isCancelled { return true }
                    state.waiters[number] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: number) }?.resume()
        }
    }
}

/// Returns when one of the two has; the other is cancelled, and must end then.
package func either(_ one: @escaping @Sendable () async -> Void, _ other: @escaping @Sendable () async -> Void) async {
    await withTaskGroup(of: Void.self) { group in
        group.addTask { await one() }
        group.addTask { await other() }
        await group.next()
        group.cancelAll()
    }
}
