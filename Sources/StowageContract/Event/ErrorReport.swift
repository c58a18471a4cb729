/// An error as events show it: never credentials, never a signed URL.
public struct ErrorReport: Sendable, Equatable {
    /// What went wrong.
    public var code: ErrorCode
    /// One sentence for people.
    public var message: String
    /// Whether the same task might succeed when sent again.
    public var retryable: Bool
    /// Where it went wrong.
    public var place: ErrorPlace
    /// The driver that was involved.
    public var driver: DriverName?
    /// Details: status, server code, request id, digests.
    public var context: [String: String]

    /// A report from its parts.
    public init(
        code: ErrorCode, message: String, retryable: Bool, place: ErrorPlace, driver: DriverName? = nil,
        context: [String: String] = [:]
    ) {
        self.code = code
        self.message = message
        self.retryable = retryable
        self.place = place
        self.driver = driver
        self.context = context
    }
}
