import Sharing
import Messaging
import ServiceRuntime
import StowageContract

/// One queue with how it is consumed and what is done with what comes.
struct Lane: Sendable {
    let queue: String
    /// `nil`: the undertaker's.
    let driver: DriverName?
    let options: ConsumerOptions
    /// Tasks of the other lanes hash and decode whole archives, for which the pool is the place.
    var isQuick = false
    let handle: @Sendable (Delivery) async -> Void
    let load = LaneLoad()

    /// Whether an operator wants nothing to be consumed here.
    func isHeld(in state: ControlState) -> Bool {
        // Who died must be told about by somebody, but not by a worker that is to be taken away.
        guard let driver else { return state.isDrained }
        return state.hold(on: driver) != nil
    }
}

/// How busy a lane is.
final class LaneLoad: Sendable {
    private struct State {
        var running = 0
        var isConsuming = false
    }

    private let state = Guarded(State())
    private let changes = ChangeSignal()

    func beginConsuming() { state.withLock { $0.isConsuming = true } }

    func endConsuming() {
        state.withLock { $0.isConsuming = false }
        changes.send()
    }

    func enter() { state.withLock { $0.running += 1 } }

    func leave() {
        let isQuiet = state.withLock { state in
            state.running -= 1
            return state.running == 0 && !state.isConsuming
        }
        if isQuiet { changes.send() }
    }

    var isQuiet: Bool { state.withLock { $0.running == 0 && !$0.isConsuming } }

    /// Returns once nothing is consumed and nothing runs, or the waiting task is cancelled.
    func quiet() async { await changes.wait { self.isQuiet } }
}
