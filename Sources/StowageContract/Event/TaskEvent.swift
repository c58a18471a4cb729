/// An event about one task; written as a CloudEvent.
public struct TaskEvent: Sendable, Equatable {
    /// What happened, with what belongs to it.
    public enum Happening: Sendable, Equatable {
        case succeeded(TaskResult, durationMilliseconds: Int64, attempts: [AttemptRecord])
        case failed(ErrorReport, attempts: [AttemptRecord], possibleCopies: [DriverName])
        case cancelled(by: String?)
        case retrying(ErrorReport, retryAt: Timestamp)
        case failedOver(ErrorReport, from: DriverName, to: DriverName)
        case progress(bytesDone: Int64, bytesTotal: Int64?)
        case sourceKept(reason: String)
    }

    /// `<task>/<outcome>`, see `EventID`.
    public var id: String
    /// `/stowage/<prefix>`.
    public var source: String
    /// When it happened.
    public var time: Timestamp
    /// The task's id as text; not a `TaskID` because a task that cannot be understood has `sha256-<hex of the body>`.
    public var task: String
    /// The operation, where it could be understood.
    public var operation: Operation?
    /// The driver that ran it, where it could be understood.
    public var driver: DriverName?
    /// The attempt on this driver, from 1.
    public var attempt: Int
    /// As in the task.
    public var labels: [String]
    /// The authenticated producer (`user-id`), where the broker checked one.
    public var requestedByUser: String?
    /// The producer's `app-id`.
    public var requestedByApp: String?
    /// The worker that speaks.
    public var worker: String
    /// Attempts over all drivers since the first, from 1.
    public var sequence: Int
    /// W3C trace context, continued.
    public var traceparent: String?
    /// W3C trace state, continued.
    public var tracestate: String?
    /// What happened.
    public var happening: Happening
    /// The id of the final event that this one overrules, where one is known; only in `succeeded`.
    public var supersedes: String?

    /// An event from its parts.
    public init(
        id: String, source: String, time: Timestamp, task: String, operation: Operation?, driver: DriverName?,
        attempt: Int, labels: [String] = [], requestedByUser: String? = nil, requestedByApp: String? = nil,
        worker: String, sequence: Int, traceparent: String? = nil, tracestate: String? = nil, happening: Happening
    ) {
        self.id = id
        self.source = source
        self.time = time
        self.task = task
        self.operation = operation
        self.driver = driver
        self.attempt = attempt
        self.labels = labels
        self.requestedByUser = requestedByUser
        self.requestedByApp = requestedByApp
        self.worker = worker
        self.sequence = sequence
        self.traceparent = traceparent
        self.tracestate = tracestate
        self.happening = happening
    }
}

/// One attempt in the history of a task.
public struct AttemptRecord: Sendable, Equatable {
    /// Over all drivers, from 1.
    public var number: Int
    public var driver: DriverName
    public var startedAt: Timestamp?
    public var endedAt: Timestamp?
    public var worker: String?
    /// `nil`: it succeeded.
    public var code: ErrorCode?
    public var message: String?
    /// Whether the driver may have stored the archive after all.
    public var ambiguous: Bool

    /// A record from its parts.
    public init(
        number: Int, driver: DriverName, startedAt: Timestamp?, endedAt: Timestamp?, worker: String?,
        code: ErrorCode?, message: String?, ambiguous: Bool
    ) {
        self.number = number
        self.driver = driver
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.worker = worker
        self.code = code
        self.message = message
        self.ambiguous = ambiguous
    }
}
