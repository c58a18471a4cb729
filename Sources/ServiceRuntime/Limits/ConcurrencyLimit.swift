import Sharing

/// At most so many at once; the others wait in the order in which they came.
///
/// Taking a free permit costs one lock; nothing suspends then.
package final class ConcurrencyLimit: Sendable {
    private struct State {
        var limit: Int
        var inUse = 0
        var lastTicket: UInt64 = 0
        /// Tickets in their order; one without a continuation was cancelled.
        var queue: [UInt64] = []
        var head = 0
        var waiters: [UInt64: Handover<Bool>] = [:]

        /// Takes a permit for each waiter that now has a place, at most all of them.
        mutating func admit() -> [Handover<Bool>] {
            var admitted: [Handover<Bool>] = []
            while inUse < limit, head < queue.count {
                if let waiter = waiters.removeValue(forKey: queue[head]) {
                    inUse += 1
                    admitted.append(waiter)
                }
                head += 1
            }
            if head == queue.count || head >= 64 && head * 2 >= queue.count {
                queue.removeFirst(head)
                head = 0
            }
            return admitted
        }
    }

    private let state: Guarded<State>

    /// A limit of that many, at least one.
    package init(_ limit: Int) {
        precondition(limit > 0, "a limit of nothing lets nobody through")
        self.state = Guarded(State(limit: limit))
    }

    /// How many may hold a permit at once.
    ///
    /// A lower limit takes no permit away; it only admits nobody until enough have been given back.
    package var limit: Int {
        get { state.withLock { $0.limit } }
        set {
            precondition(newValue > 0, "a limit of nothing lets nobody through")
            let admitted = state.withLock { state in
                state.limit = newValue
                return state.admit()
            }
            for waiter in admitted { waiter.resume(returning: true) }
        }
    }

    /// How many permits are held.
    package var inUse: Int { state.withLock { $0.inUse } }

    /// How many wait for one.
    package var waiting: Int { state.withLock { $0.waiters.count } }

    /// Waits for a permit, which is given back when it goes out of scope.
    ///
    /// - Throws: when the task is cancelled while it waits; a free permit is given even to a cancelled task.
    package func acquire() async throws(CancellationError) -> Permit {
        if let permit = tryAcquire() { return permit }
        let ticket = state.withLock { state in
            state.lastTicket += 1
            return state.lastTicket
        }
        let isAdmitted = await withTaskCancellationHandler {
            await handedOver { continuation in
                let answer: Bool? = state.withLock { state in
                    if state.inUse < state.limit, state.waiters.isEmpty {
                        state.inUse += 1
                        return true
                    }
                    // A cancellation before this point has set the flag; one after it finds the waiter.
                    if Task.isCancelled { return false }
                    state.waiters[ticket] = continuation
                    state.queue.append(ticket)
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: ticket) }?.resume(returning: false)
        }
        guard isAdmitted else { throw CancellationError() }
        return Permit(self)
    }

    /// A permit where one is free and nobody waits for it.
    package func tryAcquire() -> Permit? {
        let isFree = state.withLock { state in
            guard state.inUse < state.limit, state.waiters.isEmpty else { return false }
            state.inUse += 1
            return true
        }
        return isFree ? Permit(self) : nil
    }

    /// Runs `body` with a permit.
    ///
    /// - Throws: what `body` throws, or a `CancellationError` when the task is cancelled while it waits.
    package func withPermit<Value>(_ body: () async throws -> Value) async throws -> Value {
        let permit = try await acquire()
        let value = try await body()
        permit.release()
        return value
    }

    fileprivate func giveBack() {
        let admitted = state.withLock { state in
            state.inUse -= 1
            return state.admit()
        }
        for waiter in admitted { waiter.resume(returning: true) }
    }
}

/// The right to be one of those at once; given back when it goes out of scope.
package struct Permit: ~Copyable, Sendable {
    private let limit: ConcurrencyLimit

    fileprivate init(_ limit: ConcurrencyLimit) {
        self.limit = limit
    }

    deinit { limit.giveBack() }

    /// Gives it back now.
    package consuming func release() {}
}
