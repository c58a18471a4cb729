/// One task for a storage driver: what producers publish and workers run.
///
/// The same `id` is the same task: however often it is delivered, it has one effect and one final outcome.
public struct StorageTask: Sendable, Equatable {
    /// The idempotency key.
    public var id: TaskID
    /// The driver that shall run the task.
    public var driver: DriverName
    /// The alternatives of a `store`, in order; `nil` means the configured ones, empty means none.
    public var fallbacks: [DriverName]?
    /// What is asked for.
    public var data: TaskData
    /// Limits and times.
    public var options: TaskOptions
    /// Free texts that come back in every event of the task.
    public var labels: [String]

    /// The driver that the body itself named, where it named one; differs from `driver` in a copy that failed over.
    public var bodyDriver: DriverName?

    /// The operation that `data` belongs to.
    public var operation: Operation { data.operation }

    /// A task from its parts.
    public init(
        id: TaskID, driver: DriverName, fallbacks: [DriverName]? = nil, data: TaskData,
        options: TaskOptions = TaskOptions(), labels: [String] = []
    ) {
        self.id = id
        self.driver = driver
        self.fallbacks = fallbacks
        self.data = data
        self.options = options
        self.labels = labels
    }
}

/// Limits and times of a task; everything has a default.
public struct TaskOptions: Sendable, Equatable {
    /// The longest time without a byte moved, in seconds; `nil`: the worker's default.
    public var timeoutSeconds: Int?
    /// Attempts per driver, 1–100; `nil`: the worker's default.
    public var maxAttempts: Int?
    /// Not to be started before this time; at most 30 days ahead.
    public var notBefore: Timestamp?
    /// The wall: not to be started or retried after this time.
    public var deadline: Timestamp?
    /// Whether progress events are wanted.
    public var progress: Bool

    /// Options; what is left out has its default.
    public init(
        timeoutSeconds: Int? = nil, maxAttempts: Int? = nil, notBefore: Timestamp? = nil, deadline: Timestamp? = nil,
        progress: Bool = false
    ) {
        self.timeoutSeconds = timeoutSeconds
        self.maxAttempts = maxAttempts
        self.notBefore = notBefore
        self.deadline = deadline
        self.progress = progress
    }
}
