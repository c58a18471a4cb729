/// One value on its way from whoever finds it, on any thread, to the task that waits for it.
///
/// Like a continuation, and resumed exactly once; but the value passes under a lock. A plain continuation that is
/// resumed before its task has come to wait passes it in a way that the thread sanitizer takes for a race.
///
/// Never to be resumed with a lock held that the task's cancellation handler takes: whoever cancels a task keeps it from
/// being woken until the handler is through, and both threads would wait for each other for ever.
///
/// Inlinable, like the rest of this module: used from another one it would else be compiled for no type in particular,
/// at several times the cost.
@usableFromInline
package final class Handover<Value: Sendable>: Sendable {
    @usableFromInline
    enum State {
        case open
        case awaited(UnsafeContinuation<Void, Never>)
        case given(Value)
    }

    @usableFromInline let state: Guarded<State>

    @inlinable
    init() {
        state = Guarded(State.open)
    }

    /// Hands the value over; the task that waits goes on.
    @inlinable
    package func resume(returning value: Value) {
        state.withLock { state in
            let before = state
            state = .given(value)
            switch before {
            case .open: break
            // With the lock held: whoever waits passes it too before the memory of the continuation is used again.
            case .awaited(let continuation): continuation.resume()
            case .given: preconditionFailure("handed over twice")
            }
        }
    }

    @inlinable
    func value() async -> Value {
        await withUnsafeContinuation { continuation in
            let isGiven = state.withLock { state in
                if case .given = state { return true }
                state = .awaited(continuation)
                return false
            }
            if isGiven { continuation.resume() }
        }
        let value: Value? = state.withLock { state in
            if case .given(let value) = state { value } else { nil }
        }
        guard let value else { preconditionFailure("resumed with nothing handed over") }
        return value
    }
}

extension Handover where Value == Void {
    /// Lets the task that waits go on.
    @inlinable
    package func resume() { resume(returning: ()) }
}

/// Calls `ask` at once and waits until somebody resumes what it was given.
@inlinable
package func handedOver<Value: Sendable>(_ ask: (Handover<Value>) -> Void) async -> Value {
    let handover = Handover<Value>()
    ask(handover)
    return await handover.value()
}
