/// What one task waits for and several may say: the first answer counts.
package final class FirstAnswer<Value: Sendable>: Sendable {
    private enum State {
        case open
        case awaited(Handover<Value>)
        case given(Value)
        case over
    }

    private let state = Guarded(State.open)

    package init() {}

    /// Gives an answer; returns whether it was the first.
    @discardableResult
    package func give(_ value: Value) -> Bool {
        let (isFirst, waiter) = state.withLock { state -> (Bool, Handover<Value>?) in
            switch state {
            case .open:
                state = .given(value)
                return (true, nil)
            case .awaited(let waiter):
                state = .over
                return (true, waiter)
            case .given, .over: return (false, nil)
            }
        }
        waiter?.resume(returning: value)
        return isFirst
    }

    /// Waits for the first answer; to be called once.
    package func value() async -> Value {
        await handedOver { waiter in
            let given = state.withLock { state -> Value? in
                if case .given(let value) = state {
                    state = .over
                    return value
                }
                state = .awaited(waiter)
                return nil
            }
            if let given { waiter.resume(returning: given) }
        }
    }
}
