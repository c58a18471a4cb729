/// A place in an S3 store and the right to use it.
package struct S3Account: Sendable {
    /// `http://` or `https://` with host and port, no slash at the end; path style.
    package var endpoint: String
    package var region = "us-east-1"
    package var accessKey: String
    package var secretKey: String
    package var sessionToken: String?
    /// PEM file of the authority that signed the store's certificate.
    package var authorities: String?

    package init(endpoint: String, accessKey: String, secretKey: String) {
        self.endpoint = endpoint
        self.accessKey = accessKey
        self.secretKey = secretKey
    }

    /// The same account by another way, such as a proxy in front of the store.
    package func by(_ endpoint: String) -> S3Account {
        var account = self
        account.endpoint = endpoint
        return account
    }
}
