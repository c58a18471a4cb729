import Sharing

/// The state of a broker, told to everyone who listens: first what it is, then each change.
final class BrokerStates: Sendable {
    private struct Listeners {
        var current: BrokerState
        var isFinished = false
        var continuations: [AsyncStream<BrokerState>.Continuation] = []
    }

    private let listeners: Guarded<Listeners>

    init(_ state: BrokerState) {
        listeners = Guarded(Listeners(current: state))
    }

    var current: BrokerState { listeners.withLock { $0.current } }

    func set(_ state: BrokerState) {
        listeners.withLock { listeners in
            guard listeners.current != state, !listeners.isFinished else { return }
            listeners.current = state
            listeners.continuations.removeAll { continuation in
                if case .terminated = continuation.yield(state) { return true }
                return false
            }
        }
    }

    func finish() {
        listeners.withLock { listeners in
            listeners.isFinished = true
            for continuation in listeners.continuations { continuation.finish() }
            listeners.continuations = []
        }
    }

    /// A new stream for one listener, beginning with the state now.
    func stream() -> AsyncStream<BrokerState> {
        let (stream, continuation) = AsyncStream.makeStream(of: BrokerState.self, bufferingPolicy: .bufferingNewest(64))
        listeners.withLock { listeners in
            continuation.yield(listeners.current)
            if listeners.isFinished { continuation.finish() } else { listeners.continuations.append(continuation) }
        }
        return stream
    }
}
