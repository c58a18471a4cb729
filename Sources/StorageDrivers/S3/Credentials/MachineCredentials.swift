import ServiceRuntime
import Storage
import StowageContract
import Transfer

/// Those of the role of the machine, from its metadata service in version 2: a token first, then the role, then its keys.
///
/// Source: Amazon EC2 User Guide, "Retrieve security credentials from instance metadata".
struct MachineCredentials: S3CredentialSource {
    /// The service's own place.
    static let base = "http://169.254.169.254"
    /// How long the token may be used; each time another one is asked for.
    static let tokenSeconds = 21_600

    private let base: String
    private let endpoint: CredentialsEndpoint

    /// `base`: scheme, host and port, without a slash at the end.
    init(client: TransferClient, base: String = MachineCredentials.base) {
        self.base = base
        self.endpoint = CredentialsEndpoint(client: client)
    }

    func credentials() async throws(StorageError) -> S3Credentials {
        let lifetime: TransferHeaders = [("X-aws-ec2-metadata-token-ttl-seconds", "\(Self.tokenSeconds)")]
        let token = Secret(try await text("PUT", "/latest/api/token", headers: lifetime))
        let headers: TransferHeaders = [("X-aws-ec2-metadata-token", token.exposed)]
        let folder = "/latest/meta-data/iam/security-credentials/"
        let role = try await text("GET", folder, headers: headers).split(whereSeparator: \.isNewline).first.map(
            String.init)
        guard let role, role.isRoleName else {
            throw StorageError(.unauthenticated, .transient(after: nil), "the machine has no role")
        }
        return try LentCredentials.read(try await ask("GET", folder + role, headers: headers))
    }

    private func text(_ method: String, _ path: String, headers: TransferHeaders) async throws(StorageError) -> String {
        String(decoding: try await ask(method, path, headers: headers), as: UTF8.self).trimmed
    }

    private func ask(
        _ method: String, _ path: String, headers: TransferHeaders
    ) async throws(StorageError) -> [UInt8] {
        guard let url = try? TransferURL(base + path) else {
            throw StorageError(
                .unauthenticated, .permanent, "the endpoint for the credentials of the machine is no URL")
        }
        return try await endpoint.ask(method, url, headers: headers)
    }
}

extension String {
    /// IAM: letters, digits and `+=,.@-_`; all of them stand for themselves in a path.
    fileprivate var isRoleName: Bool {
        !isEmpty && utf8.count <= 128
            && utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "+=,.@-_".utf8.contains(byte)
                }
            }
    }
}
