import ServiceRuntime
import Storage
import StowageContract

/// Those of the configuration; they never change.
struct StaticCredentials: S3CredentialSource {
    let fixed: S3Credentials

    init(_ credentials: S3Credentials) {
        self.fixed = credentials
    }

    func credentials() async throws(StorageError) -> S3Credentials { fixed }
}

/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and, for those that are lent, `AWS_SESSION_TOKEN`.
struct EnvironmentCredentials: S3CredentialSource {
    private let environment: @Sendable (String) -> String?

    /// `environment`: the value of a variable; `nil`: it is not set.
    init(environment: @escaping @Sendable (String) -> String?) {
        self.environment = environment
    }

    func credentials() async throws(StorageError) -> S3Credentials {
        guard let accessKey = value("AWS_ACCESS_KEY_ID"), let secretKey = value("AWS_SECRET_ACCESS_KEY") else {
            throw StorageError(
                .unauthenticated, .permanent, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set")
        }
        return S3Credentials(
            accessKey: accessKey, secretKey: Secret(secretKey),
            sessionToken: value("AWS_SESSION_TOKEN").map(Secret.init))
    }

    /// An empty one is one that is not set, as the SDKs have it.
    private func value(_ name: String) -> String? {
        environment(name).flatMap { $0.isEmpty ? nil : $0 }
    }
}
