import ServiceRuntime
import Storage
import StowageContract
import Transfer

/// Those that a container platform lends: `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`, else `AWS_CONTAINER_CREDENTIALS_FULL_URI`.
///
/// Source: AWS SDKs and Tools Reference Guide, "Container credential provider".
struct ContainerCredentials: S3CredentialSource {
    /// Where relative ones are.
    static let host = "http://169.254.170.2"
    /// The hosts of platforms; besides loopback the only ones that are told a token without TLS.
    static let platformHosts = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"]

    private let environment: @Sendable (String) -> String?
    private let endpoint: CredentialsEndpoint
    private let blocking: BlockingPool

    init(
        client: TransferClient, blocking: BlockingPool, environment: @escaping @Sendable (String) -> String?
    ) {
        self.endpoint = CredentialsEndpoint(client: client)
        self.blocking = blocking
        self.environment = environment
    }

    func credentials() async throws(StorageError) -> S3Credentials {
        let url = try url()
        var headers = TransferHeaders()
        if let token = try await token() { headers.add("Authorization", token.exposed) }
        return try LentCredentials.read(try await endpoint.ask("GET", url, headers: headers))
    }

    private func url() throws(StorageError) -> TransferURL {
        let text: String
        if let path = value("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
            guard path.hasPrefix("/") else { throw Self.misled("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is no path") }
            text = Self.host + path
        } else if let whole = value("AWS_CONTAINER_CREDENTIALS_FULL_URI") {
            text = whole
        } else {
            throw Self.misled("no endpoint for the credentials of a container is set")
        }
        guard let url = try? TransferURL(text) else {
            throw Self.misled("the endpoint for the credentials of a container is no URL")
        }
        guard Self.isTrusted(url) else {
            throw Self.misled("the endpoint for the credentials of a container is neither near nor behind TLS")
        }
        return url
    }

    /// Whether it may be asked, and be told a token.
    static func isTrusted(_ url: TransferURL) -> Bool {
        if url.scheme == "https" { return true }
        guard url.scheme == "http" else { return false }
        return platformHosts.contains(url.host) || url.host == "localhost" || url.host == "::1"
            || url.host.isLoopbackIPv4
    }

    /// The file is read each time: the platform replaces it.
    private func token() async throws(StorageError) -> Secret? {
        guard let path = value("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") else {
            return value("AWS_CONTAINER_AUTHORIZATION_TOKEN").map(Secret.init)
        }
        return try await blocking.look(orIfCancelled: .cancelled) { () throws(StorageError) in
            do throws(SmallFile.Failure) {
                let bytes = try SmallFile.bytes(of: path, limit: LentCredentials.answerBytes)
                return Secret(String(decoding: bytes, as: UTF8.self).trimmed)
            } catch {
                throw StorageError(
                    .unauthenticated, .transient(after: nil), "the file with the authorization token \(error.message)",
                    context: ["file": path])
            }
        }
    }

    private func value(_ name: String) -> String? {
        environment(name).flatMap { $0.isEmpty ? nil : $0 }
    }

    private static func misled(_ message: String) -> StorageError {
        StorageError(.unauthenticated, .permanent, message)
    }
}

extension String {
    /// Four numbers, the first of them 127.
    fileprivate var isLoopbackIPv4: Bool {
        let parts = split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.first == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
