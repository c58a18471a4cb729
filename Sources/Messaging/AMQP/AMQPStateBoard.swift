import Sharing
import Synchronization

/// Puts together what the two connections and the consumers of a broker say about themselves.
final class AMQPStateBoard: Sendable {
    private struct State {
        var consuming: BrokerError? = .notConnected
        var publishing: BrokerError? = .notConnected
        var blocked: String?
        var failing: [AMQPSubscription.ID: String] = [:]
        var lastError: BrokerError = .notConnected
    }

    let states = BrokerStates(.disconnected(reason: BrokerError.notConnected.message))
    private let state = Guarded(State())

    /// Generations of channels on which a settlement can still reach the broker.
    private let generations = Guarded<Set<UInt64>>([])
    private let lastGeneration = Atomic<UInt64>(0)

    func newGeneration() -> UInt64 {
        let generation = lastGeneration.add(1, ordering: .relaxed).newValue
        generations.withLock { _ = $0.insert(generation) }
        return generation
    }

    func endGeneration(_ generation: UInt64) {
        generations.withLock { _ = $0.remove(generation) }
    }

    func isLive(_ generation: UInt64) -> Bool {
        generations.withLock { $0.contains(generation) }
    }

    /// Why the last attempt to connect failed.
    var lastError: BrokerError { state.withLock { $0.lastError } }

    func setConsuming(_ error: BrokerError?) {
        update { state in
            state.consuming = error
            if let error { state.lastError = error }
        }
    }

    func setPublishing(_ error: BrokerError?) {
        update { state in
            state.publishing = error
            state.blocked = nil
            if let error { state.lastError = error }
        }
    }

    func setBlocked(_ reason: String?) {
        update { $0.blocked = reason }
    }

    /// A consumer cannot be taken up again for now, or with `nil` could.
    func setFailing(_ consumer: AMQPSubscription.ID, _ reason: String?) {
        update { $0.failing[consumer] = reason }
    }

    private func update(_ body: (inout State) -> Void) {
        // Told with the lock held, so that changes are heard in their order.
        state.withLock { state in
            body(&state)
            if let error = state.consuming ?? state.publishing {
                states.set(.disconnected(reason: error.message))
            } else if let reason = state.failing.min(by: { $0.key < $1.key })?.value {
                states.set(.disconnected(reason: reason))
            } else if let reason = state.blocked {
                states.set(.blocked(reason: reason))
            } else {
                states.set(.connected)
            }
        }
    }
}
