package import FileSystem
package import ServiceRuntime
package import Storage
package import StowageContract

/// What a task asks for, done: one file an operation, listed in `AllOperations.swift`.
///
/// An operation may run again after a crash, and says the same then.
package protocol TaskOperation: Sendable {
    func run(in context: OperationContext) async throws(StorageError) -> OperationOutcome
}

/// What an operation is given.
package struct OperationContext: Sendable {
    /// The driver that runs the task.
    package var storage: Storage
    /// For the other drivers that the task names.
    package var api: StorageAPI
    /// Where tasks may name files.
    package var spool: SpoolRoots
    /// Threads for the files.
    package var blocking: BlockingPool
    /// Where tasks may name URLs.
    package var locations: Locations
    package var taskID: TaskID
    /// Some worker may have worked on the task before.
    package var mayHaveRunBefore: Bool
    /// The largest inline destination, in bytes.
    package var inlineBytes: Int
    /// Whether a requester waits for the reply.
    package var hasRequester: Bool
    package var time: TimeSource
    /// The longest time without a byte moved, in seconds, where the task says one.
    package var timeoutSeconds: Int?
    /// Archives that have fewer bytes are brought anew to a file rather than gone on with.
    package var leastResumableBytes: Int64 = .max
    /// How long this delivery may go on, where another one can go on with the task; `nil`: to the end.
    package var slice: Slice?
    /// To be told of every byte that moves and of who has to move the next; `nil`: nobody looks.
    package var meter: TransferMeter?

    package init(
        storage: Storage, api: StorageAPI, spool: SpoolRoots, blocking: BlockingPool, taskID: TaskID,
        mayHaveRunBefore: Bool, inlineBytes: Int, hasRequester: Bool, time: TimeSource, timeoutSeconds: Int? = nil,
        slice: Slice? = nil, locations: Locations = Locations()
    ) {
        self.storage = storage
        self.api = api
        self.spool = spool
        self.blocking = blocking
        self.locations = locations
        self.taskID = taskID
        self.mayHaveRunBefore = mayHaveRunBefore
        self.inlineBytes = inlineBytes
        self.hasRequester = hasRequester
        self.time = time
        self.timeoutSeconds = timeoutSeconds
        self.slice = slice
    }
}

extension OperationContext {
    /// The longest time without a byte moved.
    var patience: Duration { timeoutSeconds.map { .seconds($0) } ?? TaskWatch.noProgress }
}

/// What an operation has to say.
package struct OperationOutcome: Sendable {
    package var result: TaskResult
    /// Removes the source once the result is announced; `nil`: not asked for.
    package var removal: (any SourceRemoval)?

    package init(_ result: TaskResult, removal: (any SourceRemoval)? = nil) {
        self.result = result
        self.removal = removal
    }
}

/// Takes away a source that is stored, announced, and still what was stored.
package protocol SourceRemoval: Sendable {
    /// Returns `nil` when the source is gone, else the reason why it was kept.
    func remove() async -> String?
}
