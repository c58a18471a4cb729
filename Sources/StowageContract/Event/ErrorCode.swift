/// What went wrong; a closed list.
public enum ErrorCode: String, Sendable, CaseIterable {
    /// The task cannot be understood or asks for something that is not allowed in a task.
    case invalidTask = "invalid-task"
    /// No such driver is configured.
    case unknownDriver = "unknown-driver"
    /// The driver, or this version, cannot do what is asked.
    case unsupported
    /// The archive or the source does not exist.
    case notFound = "not-found"
    /// The key or the target holds other bytes, or the task id was used for another task.
    case conflict
    /// The bytes are not those that were promised.
    case integrityMismatch = "integrity-mismatch"
    /// The store, or the configuration, forbids it.
    case permissionDenied = "permission-denied"
    /// The store does not accept the credentials.
    case unauthenticated
    /// A retention or a legal hold forbids it.
    case retained
    /// The store or driver takes no writes.
    case readOnly = "read-only"
    /// The store is full, or would fall below its minimum of free space.
    case outOfSpace = "out-of-space"
    /// The archive is larger than the store takes.
    case tooLarge = "too-large"
    /// The store asks for fewer requests.
    case rateLimited = "rate-limited"
    /// The store or source cannot be reached or does not answer properly now.
    case unavailable
    /// Nothing moved for too long.
    case timedOut = "timed-out"
    /// The deadline has passed.
    case expired
    /// Somebody asked for it to stop.
    case cancelled
    /// The task ended its worker several times.
    case poison
    /// Anything else: a defect of ours or a surprise of the store's.
    case unexpected
}

/// Where it went wrong.
public enum ErrorPlace: String, Sendable, CaseIterable {
    case task, source, driver, destination, broker
}
