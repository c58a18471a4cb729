/// Where the bytes of a `store` come from.
public enum TaskSource: Sendable, Equatable {
    /// The bytes themselves; base64 in the message.
    case inline([UInt8])
    /// An absolute path below one of the worker's spool roots.
    case file(String)
    /// A location to fetch from.
    case url(TaskURL)
    /// An archive of a peer driver.
    case handle(ArchiveReference)
}

/// Where the bytes of a `retrieve` go.
public enum TaskDestination: Sendable, Equatable {
    /// Back to the requester, in the reply.
    case inline
    /// An absolute path below one of the worker's spool roots; never replaced.
    case file(String)
    /// A location to `PUT` to.
    case url(TaskURL)
}

/// A URL in a task, with what is sent along.
public struct TaskURL: Sendable, Equatable {
    /// The URL as the producer wrote it.
    public var url: String
    /// Header fields to send; secret.
    public var headers: [String: String]
    /// The name of configured credentials (sources only).
    public var credentials: String?

    /// A location from its parts.
    public init(url: String, headers: [String: String] = [:], credentials: String? = nil) {
        self.url = url
        self.headers = headers
        self.credentials = credentials
    }
}
