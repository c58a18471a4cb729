import ServiceRuntime
import Sharing

/// Asks one question again and again of somebody who may never answer, and waits for each answer only so long.
///
/// While a question is open no second one is asked: whoever comes meanwhile waits for the answer to the first.
final class Lookout<Answer: Sendable>: Sendable {
    private struct State {
        var isAsking = false
        var lastTicket = 0
        var waiting: [Int: Handover<Answer?>] = [:]
    }

    private let limit: Duration
    private let time: TimeSource
    private let ask: @Sendable () async -> Answer
    private let state = Guarded(State())

    init(limit: Duration, time: TimeSource, _ ask: @escaping @Sendable () async -> Answer) {
        self.limit = limit
        self.time = time
        self.ask = ask
    }

    /// The answer; `nil`: there was none in time, or the task was cancelled.
    func answer() async -> Answer? {
        let (ticket, asks) = state.withLock { state in
            state.lastTicket += 1
            defer { state.isAsking = true }
            return (state.lastTicket, !state.isAsking)
        }
        return await withTaskGroup(of: Void.self) { group in
            let answer: Answer? = await handedOver { handover in
                state.withLock { $0.waiting[ticket] = handover }
                group.addTask { [time, limit] in
                    try? await time.sleep(limit)
                    self.state.withLock { $0.waiting.removeValue(forKey: ticket) }?.resume(returning: nil)
                }
                if asks { put() }
            }
            group.cancelAll()
            return answer
        }
    }

    /// Not structured: a call into a dead mount returns never, and nothing may wait for that, the end of the process
    /// least of all.
    private func put() {
        Task {
            let answer = await ask()
            let waiting = state.withLock { state in
                state.isAsking = false
                defer { state.waiting = [:] }
                return state.waiting.values
            }
            for handover in waiting { handover.resume(returning: answer) }
        }
    }
}
