import Storage

/// Where credentials come from.
protocol S3CredentialSource: Sendable {
    /// Those to sign the next request with.
    ///
    /// - Throws: `.unauthenticated`: there are none; `.unavailable`: whoever has them does not answer now; `.cancelled`. Secrets
    ///   stand in no error.
    func credentials() async throws(StorageError) -> S3Credentials

    /// Hears that the store did not accept these (`ExpiredToken`, `InvalidAccessKeyId`): the next ones are looked for anew.
    func renew(after refused: S3Credentials) async
}

extension S3CredentialSource {
    func renew(after refused: S3Credentials) async {}
}
