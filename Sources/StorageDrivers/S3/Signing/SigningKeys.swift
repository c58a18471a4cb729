import Sharing

/// Keeps the key of one day, with which all requests of that day are signed: four digests for each of them otherwise.
final class SigningKeys: Sendable {
    private struct Kept {
        var scope: SigningScope
        var credentials: S3Credentials
        var key: SigningKey
    }

    private let kept = Guarded<Kept?>(nil)

    func key(of credentials: S3Credentials, in scope: SigningScope) -> SigningKey {
        kept.withLock { kept in
            if let kept, kept.scope.hasSameKey(as: scope), kept.credentials == credentials { return kept.key }
            let key = scope.key(of: credentials)
            kept = Kept(scope: scope, credentials: credentials, key: key)
            return key
        }
    }
}
