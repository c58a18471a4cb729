import Sharing

/// Tells those who wait that something may have changed.
package final class Changes: Sendable {
    private struct State {
        var version = 0
        var waiters: [Handover<Void>] = []
    }

    private let state = Guarded(State())

    package init() {}

    /// Has every waiter look again.
    package func signal() {
        let waiters = state.withLock { state in
            state.version += 1
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Waits until `look` finds something; it is asked now and after each `signal()`.
    ///
    /// A suite that uses this has a `.timeLimit`; a minute after it nobody waits any more.
    package func value<Value>(_ look: () -> Value?) async -> Value {
        await AbandonedWait.guarded {
            while true {
                let version = state.withLock { $0.version }
                if let value = look() { return value }
                await change(after: version)
            }
        }
    }

    private func change(after version: Int) async {
        await handedOver { continuation in
            let hasChanged = state.withLock { state in
                if state.version != version { return true }
                state.waiters.append(continuation)
                return false
            }
            if hasChanged { continuation.resume() }
        }
    }
}

/// A value that tests change and wait for.
package final class Watched<Value: Sendable>: Sendable {
    private let content: Guarded<Value>
    private let changes = Changes()

    package init(_ value: Value) {
        self.content = Guarded(value)
    }

    /// The value now.
    package var value: Value { content.withLock { $0 } }

    /// Changes the value and wakes those who wait for it.
    @discardableResult
    package func change<Result: Sendable>(_ body: @Sendable (inout Value) -> Result) -> Result {
        let result = content.withLock { value in body(&value) }
        changes.signal()
        return result
    }

    /// Waits until the value fulfils `condition` and returns it.
    @discardableResult
    package func first(where condition: (Value) -> Bool) async -> Value {
        await changes.value {
            let value = self.value
            return condition(value) ? value : nil
        }
    }
}

/// Waits for a condition that nobody signals (another process, the kernel), looking every few milliseconds.
///
/// - Returns: whether it came true in time.
package func eventually(
    within limit: Duration = .seconds(30), _ condition: () async throws -> Bool
) async throws -> Bool {
    let clock = ContinuousClock()
    let end = clock.now + limit
    while true {
        if try await condition() { return true }
        guard clock.now < end else { return false }
        try await clock.sleep(for: .milliseconds(5))
    }
}
