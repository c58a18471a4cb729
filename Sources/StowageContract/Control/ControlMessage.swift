/// What an operator tells the workers, through the exchange `stowage.control`.
public enum ControlMessage: Sendable, Equatable {
    /// Ends a task wherever it is: one that runs stops at the next chunk, one that waits ends when it surfaces.
    ///
    /// A task that is done stays done.
    case cancel(TaskID)
    /// Says whether tasks are consumed; `nil` stands for every driver, every worker.
    case consumption(ConsumptionCommand, driver: DriverName?, worker: String?)

    /// The values of `command`.
    static let commands = ["cancel"] + ConsumptionCommand.allCases.map(\.rawValue)

    /// Longest name of a worker, in bytes.
    public static let longestWorkerName = 255

    /// The value of `command`.
    public var command: String {
        switch self {
        case .cancel: "cancel"
        case .consumption(let command, _, _): command.rawValue
        }
    }
}

/// What workers do with the queues of a driver; the last command holds.
public enum ConsumptionCommand: String, Sendable, CaseIterable {
    /// Take no further tasks; what runs goes on.
    case pause
    /// Take tasks again.
    case resume
    /// As `pause`, and say so in the log when what ran has ended.
    case drain
}
