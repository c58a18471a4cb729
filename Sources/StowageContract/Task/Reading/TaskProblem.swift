/// Why a task cannot be understood, with as much of it as could be, so that an event can be sent.
public struct TaskProblem: Error, Equatable, Sendable, CustomStringConvertible {
    /// `invalidTask`; `unsupported` for another version of the contract.
    public var code: ErrorCode
    /// One sentence that names the member; at most 512 bytes, foreign text in it escaped and cut.
    public var message: String
    /// The member: `data.source.file`; empty where it is not about one.
    public var path: String
    /// The task's id, where the body or the `message-id` has a valid one.
    public var id: TaskID?
    /// The operation, where it is known.
    public var operation: Operation?
    /// The driver that was to run it, where it is known.
    public var driver: DriverName?
    /// The labels, where they are right.
    public var labels: [String]

    /// A problem from its parts.
    public init(
        _ code: ErrorCode, _ message: String, path: String = "", id: TaskID? = nil, operation: Operation? = nil,
        driver: DriverName? = nil, labels: [String] = []
    ) {
        self.code = code
        self.message = message
        self.path = path
        self.id = id
        self.operation = operation
        self.driver = driver
        self.labels = labels
    }

    /// The sentence.
    public var description: String { message }

    /// The problem as events show it.
    public var report: ErrorReport {
        ErrorReport(
            code: code, message: message, retryable: false, place: .task, driver: driver,
            context: path.isEmpty ? [:] : ["member": path])
    }
}

/// What a worker takes in a task.
public struct TaskLimits: Sendable, Equatable {
    /// How many bytes an inline source may have (`limits.inlineBytes`).
    public var inlineBytes: Int

    /// Limits; what is left out has the configuration's default.
    public init(inlineBytes: Int = 262_144) {
        self.inlineBytes = inlineBytes
    }
}
