import Messaging
import ServiceRuntime
import Sharing
import StowageContract

/// The deliveries of slow queues that this worker holds, and how often each of their tasks was lost to the broker's
/// patience.
///
/// Only the worker that held a delivery knows that it was lost for that reason: to everybody else it looks like that of a
/// worker that was killed. So each worker counts what it has seen itself.
final class HeldDeliveries: Sendable {
    /// The loss with which a task ends.
    static let mostLosses = 3
    /// Tasks with losses that are remembered.
    private static let mostTasks = 1000

    private struct Hold {
        var delivery: Delivery
        var since: Duration
    }

    private struct State {
        var holds: [TaskID: [Hold]] = [:]
        var losses: [TaskID: Int] = [:]
    }

    private let broker: any MessageBroker
    private let timeout: Duration
    private let time: TimeSource
    private let state = Guarded(State())

    /// Of a broker that lets a delivery go for `timeout`.
    init(_ broker: any MessageBroker, timeout: Duration, time: TimeSource) {
        self.broker = broker
        self.timeout = timeout
        self.time = time
    }

    /// Notes that the task's delivery is held; returns how often it was lost before.
    func hold(_ task: TaskID, _ delivery: Delivery, since: Duration) -> Int {
        let now = time.monotonic
        return state.withLock { state in
            let held = state.holds[task] ?? []
            state.holds[task] = held + [Hold(delivery: delivery, since: since)]
            return (state.losses[task] ?? 0) + held.count { isLost($0, now) }
        }
    }

    /// Notes that the work on the task's delivery has ended.
    func release(_ task: TaskID, _ delivery: Delivery) {
        let now = time.monotonic
        state.withLock { state in
            guard var held = state.holds[task], let index = held.firstIndex(where: { $0.delivery === delivery })
            else { return }
            let hold = held.remove(at: index)
            state.holds[task] = held.isEmpty ? nil : held
            guard isLost(hold, now) else { return }
            if state.losses.count >= Self.mostTasks, state.losses[task] == nil { state.losses.removeAll() }
            state.losses[task, default: 0] += 1
        }
    }

    private func isLost(_ hold: Hold, _ now: Duration) -> Bool {
        now - hold.since >= timeout && !broker.isLive(hold.delivery)
    }
}
