import Sharing

/// At most so many bytes in use at once; whoever needs more than is left waits, in the order in which they came.
package final class ByteBudget: Sendable {
    private struct State {
        var left: Int
        var lastTicket: UInt64 = 0
        var queue: [(ticket: UInt64, bytes: Int)] = []
        var waiters: [UInt64: Handover<Bool>] = [:]

        /// Serves whoever is first for as long as there is enough.
        mutating func admit() -> [Handover<Bool>] {
            var admitted: [Handover<Bool>] = []
            while let first = queue.first {
                guard let waiter = waiters[first.ticket] else {
                    queue.removeFirst()
                    continue
                }
                guard first.bytes <= left else { break }
                left -= first.bytes
                waiters[first.ticket] = nil
                queue.removeFirst()
                admitted.append(waiter)
            }
            return admitted
        }
    }

    /// The most bytes that anybody can have.
    package let total: Int
    private let state: Guarded<State>

    /// A budget of so many bytes, at least one.
    package init(_ total: Int) {
        precondition(total > 0, "a budget of nothing lets nobody through")
        self.total = total
        self.state = Guarded(State(left: total))
    }

    /// How many bytes nobody has.
    package var left: Int { state.withLock { $0.left } }

    /// How many wait.
    package var waiting: Int { state.withLock { $0.waiters.count } }

    /// Waits until `bytes` are there, all of them at most `total`; they are given back when the share goes out of scope.
    ///
    /// - Throws: when the task is cancelled while it waits.
    package func acquire(_ bytes: Int) async throws(CancellationError) -> Share {
        let bytes = min(max(bytes, 0), total)
        let ticket = state.withLock { state in
            state.lastTicket += 1
            return state.lastTicket
        }
        let isAdmitted = await withTaskCancellationHandler {
            await handedOver { continuation in
                let answer: Bool? = state.withLock { state in
                    if state.waiters.isEmpty, bytes <= state.left {
                        state.left -= bytes
                        return true
                    }
                    // A cancellation before this point has set the flag; one after it finds the waiter.
                    if Task.isCancelled { return false }
                    state.waiters[ticket] = continuation
                    state.queue.append((ticket, bytes))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let (waiter, admitted) = state.withLock { state in
                (state.waiters.removeValue(forKey: ticket), state.admit())
            }
            waiter?.resume(returning: false)
            for waiter in admitted { waiter.resume(returning: true) }
        }
        guard isAdmitted else { throw CancellationError() }
        return Share(self, bytes)
    }

    fileprivate func giveBack(_ bytes: Int) {
        let admitted = state.withLock { state in
            state.left += bytes
            return state.admit()
        }
        for waiter in admitted { waiter.resume(returning: true) }
    }

    /// Some bytes of a budget; given back when nobody holds it any more.
    package final class Share: Sendable {
        private let budget: ByteBudget
        private let bytes: Int

        fileprivate init(_ budget: ByteBudget, _ bytes: Int) {
            self.budget = budget
            self.bytes = bytes
        }

        deinit { budget.giveBack(bytes) }
    }
}
