public import StowageContract

/// What happened in a store, and separately whether trying again can help.
public struct StorageError: Error, Sendable {
    /// Whether the same call might succeed later.
    public enum Retry: Sendable, Equatable {
        case permanent
        /// `after`: what the store asked for.
        case transient(after: Duration?)
        /// Transient, but tried enough inside the process.
        case exhausted
    }

    /// What happened.
    public var code: ErrorCode
    /// Whether trying again can help.
    public var retry: Retry
    /// A constant sentence; data goes into `context`.
    public var message: String
    /// Where it happened.
    public var place: ErrorPlace
    /// Whether the effect may have happened all the same.
    public var isAmbiguous: Bool
    /// Status, server code, request id, digests; never credentials, never a full URL.
    public var context: [String: String]

    /// An error from its parts.
    public init(
        _ code: ErrorCode, _ retry: Retry, _ message: String, at place: ErrorPlace = .driver,
        isAmbiguous: Bool = false, context: [String: String] = [:]
    ) {
        self.code = code
        self.retry = retry
        self.message = message
        self.place = place
        self.isAmbiguous = isAmbiguous
        self.context = context
    }
}
