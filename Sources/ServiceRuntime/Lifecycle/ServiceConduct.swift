/// What a group of services does about what happens to it; a pure state machine.
struct ServiceConduct {
    enum Phase {
        case running
        /// Shutdown was requested; the services finish what they do.
        case stopping
        /// The services were told to stop now.
        case cancelling
    }

    enum Happening: Sendable, Equatable {
        /// A service, by its number.
        case returned(Int)
        case failed(Int, reason: String)
        case cancelled(Int)
        case signal(UnixSignal)
        case shutdownRequested
        case gracefulDeadline
        case cancelledDeadline
        case nothing
    }

    enum Action: Equatable {
        case requestShutdown
        case cancelMain
        case cancelBackground
        case awaitSignal
        case awaitGracefulDeadline
        case awaitCancelledDeadline
        case abandon
    }

    private(set) var phase = Phase.running
    /// The first failure that was not the answer to a cancellation.
    private(set) var failure: (number: Int, reason: String)?
    private var main: Set<Int> = []
    private var background: Set<Int> = []
    private var isBackgroundCancelled = false

    init(_ roles: [ServiceGroup.Member.Role]) {
        for (number, role) in roles.enumerated() {
            switch role {
            case .main: main.insert(number)
            case .background: background.insert(number)
            }
        }
    }

    /// Whether every service has ended.
    var isOver: Bool { main.isEmpty && background.isEmpty }

    /// What to do now.
    mutating func actions(after happening: Happening) -> [Action] {
        switch happening {
        case .returned(let number), .cancelled(let number): return ended(number)
        case .failed(let number, let reason):
            let wasCancelled = phase == .cancelling || isBackgroundCancelled && background.contains(number)
            if !wasCancelled, failure == nil { failure = (number, reason) }
            let actions = ended(number)
            return wasCancelled || isOver || phase != .running ? actions : actions + stop()
        case .signal(.hangUp): return [.awaitSignal]
        case .signal(.terminate), .signal(.interrupt):
            switch phase {
            case .running: return stop() + [.awaitSignal]
            case .stopping: return cancel() + [.awaitSignal]
            case .cancelling: return [.abandon]
            }
        case .shutdownRequested: return phase == .running ? stop() : []
        case .gracefulDeadline: return phase == .stopping ? cancel() : []
        case .cancelledDeadline: return isOver ? [] : [.abandon]
        case .nothing: return []
        }
    }

    private mutating func ended(_ number: Int) -> [Action] {
        background.remove(number)
        guard main.remove(number) != nil else { return [] }
        if phase == .running { return stop() }
        return main.isEmpty ? dismissBackground() : []
    }

    private mutating func stop() -> [Action] {
        phase = .stopping
        return [.requestShutdown, .awaitGracefulDeadline] + (main.isEmpty ? dismissBackground() : [])
    }

    private mutating func cancel() -> [Action] {
        phase = .cancelling
        isBackgroundCancelled = true
        return [.cancelMain, .cancelBackground, .awaitCancelledDeadline]
    }

    private mutating func dismissBackground() -> [Action] {
        guard !isBackgroundCancelled, !background.isEmpty else { return [] }
        isBackgroundCancelled = true
        return [.cancelBackground, .awaitCancelledDeadline]
    }
}
