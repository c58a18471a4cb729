import ServiceRuntime
import Sharing

/// What tasks ask of the loop.
final class ExchangeInbox: Sendable {
    enum Command: Sendable {
        case submit(Exchange)
        /// Something was taken or given: what was paused may go on.
        case resume(Exchange.ID)
        case cancel(Exchange.ID)
        case close(Handover<Void>)
    }

    private struct State {
        var commands: [Command] = []
        var isClosed = false
    }

    private let state = Guarded(State())
    private let loop: EventLoopThread

    init(loop: EventLoopThread) {
        self.loop = loop
    }

    var isEmpty: Bool { state.withLock { $0.commands.isEmpty } }

    func put(_ command: Command) {
        let isClosed = state.withLock { state in
            if !state.isClosed { state.commands.append(command) }
            return state.isClosed
        }
        if !isClosed { return loop.wake() }
        switch command {
        case .submit(let exchange):
            exchange.finish(.failure(.closed))
            exchange.flush()
        case .close(let waiter): waiter.resume()
        case .resume, .cancel: break
        }
    }

    func take() -> [Command] {
        state.withLock { state in
            let commands = state.commands
            state.commands.removeAll(keepingCapacity: true)
            return commands
        }
    }

    /// Nothing more is taken; returns what was left.
    func close() -> [Command] {
        state.withLock { state in
            state.isClosed = true
            let commands = state.commands
            state.commands = []
            return commands
        }
    }
}
