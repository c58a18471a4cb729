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
    /// The name of configured credentials.
    public var credentials: String?

    private static let reservedHeaders = [
        "host", "content-length", "transfer-encoding", "connection", "keep-alive", "expect", "upgrade", "te", "trailer",
        "proxy-authorization", "proxy-connection", "range", "if-range", "content-range", "accept-encoding",
    ]

    /// Whether a header field is the worker's to set: it says how bytes are framed, which of them come, or to whom they go.
    package static func isReserved(header name: String) -> Bool {
        let lower = name.lowercased()
        return reservedHeaders.contains { $0.utf8.elementsEqual(lower.utf8) }
    }

    /// A location from its parts.
    public init(url: String, headers: [String: String] = [:], credentials: String? = nil) {
        self.url = url
        self.headers = headers
        self.credentials = credentials
    }
}
