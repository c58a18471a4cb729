package import Storage
package import StowageContract

/// Why work that was running was told to stop, before it ended by itself.
///
/// The first reason counts. Work that ends well all the same has ended well: a stop after the commit loses.
package enum StopReason: Sendable, Equatable {
    /// Whoever ran it was cancelled: the process is ending, or somebody above wants it to end.
    case cancelled
    /// The task's deadline has passed.
    case deadline
    /// No byte moved for that long; `at`: who was being waited for.
    case noProgress(Duration, at: ErrorPlace)

    /// What the task failed of, where its work failed with `failure` after it was told to stop.
    ///
    /// Anything but a cancellation happened by itself and stands. `nil` as failure: the work did not end at all and was
    /// left behind, so what it does may still happen.
    package func error(after failure: StorageError?) -> StorageError {
        if let failure, failure.code != .cancelled { return failure }
        var error: StorageError
        switch self {
        case .cancelled: error = failure ?? .cancelled
        case .deadline: error = StorageError(.expired, .permanent, "the deadline passed while the task ran", at: .task)
        case .noProgress(let limit, let place):
            error = StorageError(
                .timedOut, .transient(after: nil), "no byte moved for too long", at: place,
                context: ["seconds": String(limit.components.seconds)])
        }
        error.isAmbiguous = failure?.isAmbiguous ?? true || mayFollowCommit
        if failure == nil { error.context["left"] = "a call has not returned; it may still take effect" }
        return error
    }

    /// Whether the work may have been stopped behind its commit, while what stands was being proved.
    private var mayFollowCommit: Bool {
        switch self {
        case .cancelled, .noProgress(_, at: .source): false
        case .deadline, .noProgress: true
        }
    }
}
