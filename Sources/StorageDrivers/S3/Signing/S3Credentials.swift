import ServiceRuntime
import StowageContract

/// Who signs.
struct S3Credentials: Sendable, Equatable {
    /// Public: it stands in every request.
    var accessKey: String
    var secretKey: Secret
    /// For those that are lent for a while.
    var sessionToken: Secret?
    /// When the store stops to accept them; `nil`: never, as far as we know.
    var expiresAt: Timestamp?

    init(accessKey: String, secretKey: Secret, sessionToken: Secret? = nil, expiresAt: Timestamp? = nil) {
        self.accessKey = accessKey
        self.secretKey = secretKey
        self.sessionToken = sessionToken
        self.expiresAt = expiresAt
    }
}
