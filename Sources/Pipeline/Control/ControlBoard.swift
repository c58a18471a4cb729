import Sharing
import ServiceRuntime
package import StowageContract

/// What operators have asked for, as all parts of this worker see it.
package final class ControlBoard: Sendable {
    private struct Content {
        var state: ControlState
        var isRead = false
        var lastNumber: UInt64 = 0
        /// What can be stopped, and whom to tell.
        var running: [UInt64: (task: TaskID, interrupt: Handover<Void>)] = [:]

        /// Takes out what runs for the tasks that `isMeant` names.
        mutating func interrupts(_ isMeant: (TaskID) -> Bool) -> [Handover<Void>] {
            let numbers = running.filter { isMeant($0.value.task) }.keys
            return numbers.compactMap { running.removeValue(forKey: $0)?.interrupt }
        }
    }

    private let content: Guarded<Content>
    private let changes = ChangeSignal()

    /// A board on which nothing stands.
    package init(worker: String = "", drivers: [DriverName] = []) {
        content = Guarded(Content(state: ControlState(worker: worker, drivers: drivers)))
    }

    // MARK: Written by the listener

    /// All that was in the stream when the worker began to read it: from now on it may work.
    package func replace(with state: ControlState, now: Timestamp) {
        let interrupts = content.withLock { content in
            content.state = state
            content.isRead = true
            return content.interrupts { state.cancellation(of: $0, now: now) != nil }
        }
        for interrupt in interrupts { interrupt.resume() }
        changes.send()
    }

    /// One more order.
    package func apply(_ order: ControlOrder, now: Timestamp) {
        let interrupts = content.withLock { content in
            content.state.apply(order, now: now)
            guard case .cancel(let task) = order.message else { return [Handover<Void>]() }
            return content.interrupts { $0 == task }
        }
        for interrupt in interrupts { interrupt.resume() }
        changes.send()
    }

    // MARK: Asked by those who work

    /// Returns once what the stream held is known, or the waiting task is cancelled.
    package func read() async {
        await changes.wait { self.content.withLock { $0.isRead } }
    }

    /// Who cancelled a task; `nil`: nobody.
    package func cancellation(of task: TaskID, now: Timestamp) -> ControlState.Cancellation? {
        content.withLock { $0.state.cancellation(of: task, now: now) }
    }

    /// Whether the state fulfils `condition` now.
    package func check(_ condition: (ControlState) -> Bool) -> Bool {
        content.withLock { condition($0.state) }
    }

    /// Returns once the state fulfils `condition`, or the waiting task is cancelled.
    package func wait(until condition: @escaping @Sendable (ControlState) -> Bool) async {
        await changes.wait { self.check(condition) }
    }

    /// Runs `body`, whose task is cancelled when an operator cancels `task`; returns when it has ended.
    package func interruptible<Value: Sendable>(
        _ task: TaskID, now: Timestamp, _ body: @escaping @Sendable () async -> Value
    ) async -> Value {
        await withTaskGroup(of: Value.self) { group in
            await handedOver { interrupt in
                let number = enter(task, interrupt, now: now)
                group.addTask {
                    let value = await body()
                    self.leave(number)
                    return value
                }
            }
            // Ended by itself, then this changes nothing; or to be stopped.
            group.cancelAll()
            guard let value = await group.next() else { preconditionFailure("a group returns what it was given") }
            return value
        }
    }

    private func enter(_ task: TaskID, _ interrupt: Handover<Void>, now: Timestamp) -> UInt64 {
        let (number, isCancelled) = content.withLock { content in
            content.lastNumber += 1
            // Cancelled since somebody asked: whoever looks and whoever enters holds the same lock.
            let isCancelled = content.state.cancellation(of: task, now: now) != nil
            if !isCancelled { content.running[content.lastNumber] = (task, interrupt) }
            return (content.lastNumber, isCancelled)
        }
        if isCancelled { interrupt.resume() }
        return number
    }

    private func leave(_ number: UInt64) {
        content.withLock { $0.running.removeValue(forKey: number)?.interrupt }?.resume()
    }
}
