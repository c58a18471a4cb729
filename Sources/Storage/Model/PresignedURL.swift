public import ServiceRuntime
public import StowageContract

/// A URL that lets whoever has it fetch one archive.
public struct PresignedURL: Sendable, Equatable {
    /// For `GET`; nothing prints it.
    public var url: Secret
    /// The first moment at which it works no longer.
    public var expiresAt: Timestamp

    /// A URL with its end.
    public init(url: Secret, expiresAt: Timestamp) {
        self.url = url
        self.expiresAt = expiresAt
    }
}
