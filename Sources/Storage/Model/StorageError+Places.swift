package import StowageContract

extension StorageError {
    /// The task that ran the call was cancelled.
    public static var cancelled: StorageError {
        StorageError(.cancelled, .transient(after: nil), "the call was cancelled")
    }

    /// The same error at another place: what is wrong with a driver is wrong with the source for who reads from it.
    package func at(_ place: ErrorPlace) -> StorageError {
        var error = self
        error.place = place
        return error
    }

    /// The same error at another place where it is the driver's; what is wrong with the task stays the task's.
    package func moved(to place: ErrorPlace) -> StorageError { self.place == .driver ? at(place) : self }

    /// The same error with further context.
    package func with(_ name: String, _ value: String) -> StorageError {
        var error = self
        error.context[name] = value
        return error
    }

    /// Whether a body that ended with it may bring the rest another time.
    package var mayBeGoneOnWith: Bool { code == .cancelled || retry != .permanent }

    /// Throws `.cancelled` where the current task is.
    public static func checkCancellation() throws(StorageError) {
        if Task.isCancelled { throw StorageError.cancelled }
    }
}
