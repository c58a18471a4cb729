import ServiceRuntime
import Storage
import StowageContract
import Testing
import TestSupport
import Transfer

@testable import StorageDrivers

private let answer = """
    {"Code": "Success", "LastUpdated": "2026-11-20T00:00:00Z", "Type": "AWS-HMAC", "RoleArn": "arn:x",
     "AccessKeyId": "LENT", "SecretAccessKey": "hidden/key+", "Token": "hidden-token", "Expiration": "2026-11-20T06:00:00Z"}
    """
private let lent = S3Credentials(
    accessKey: "LENT", secretKey: Secret("hidden/key+"), sessionToken: Secret("hidden-token"),
    expiresAt: Timestamp("2026-11-20T06:00:00Z"))

/// What a source says, with a client of its own.
private func outcome(
    _ make: (TransferClient) -> any S3CredentialSource
) async throws -> Result<S3Credentials, StorageError> {
    let client = try TransferClient(TransferConfiguration())
    let source = make(client)
    let result: Result<S3Credentials, StorageError>
    do throws(StorageError) {
        result = .success(try await source.credentials())
    } catch {
        result = .failure(error)
    }
    await client.close()
    return result
}

@Suite("Credentials of a container", .timeLimit(.minutes(1)))
struct ContainerCredentialsTests {
    private func ask(_ variables: [String: String]) async throws -> Result<S3Credentials, StorageError> {
        try await outcome { client in
            ContainerCredentials(client: client, blocking: BlockingPool(threads: 1)) { variables[$0] }
        }
    }

    @Test("come from a near endpoint, which is told the token, the one of the file before the other")
    func token() async throws {
        let server = try ScriptedServer { connection in
            try connection.readHead()
            try connection.answer("200 OK", answer, headers: "Connection: close\r\n")
        }
        defer { server.stop() }
        let folder = try TemporaryFolder()
        var variables = ["AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url("/v2/credentials?id=1")]
        #expect(try await ask(variables).get() == lent)
        variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "Basic abc"
        #expect(try await ask(variables).get() == lent)
        variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = try folder.write("Bearer def\n", to: "token")
        #expect(try await ask(variables).get() == lent)
        let heads = server.heads.value
        #expect(heads.allSatisfy { $0.hasPrefix("GET /v2/credentials?id=1 HTTP/1.1\r\n") })
        #expect(!heads[0].contains("Authorization"))
        #expect(heads[1].contains("\r\nAuthorization: Basic abc\r\n"))
        #expect(heads[2].contains("\r\nAuthorization: Bearer def\r\n"))
        variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = folder.path("none")
        #expect(try await ask(variables).error?.code == .unauthenticated)
        #expect(server.heads.value.count == 3)
    }

    @Test(
        "no token goes to a stranger in the clear",
        arguments: [
            ("http://169.254.170.2/x", true), ("http://169.254.170.23/x", true), ("http://[fd00:ec2::23]/x", true),
            ("http://127.0.0.1:80/x", true), ("http://127.9.8.7/x", true), ("http://[::1]:8080/x", true),
            ("http://localhost:51679/x", true), ("https://credentials.example.org/x", true),
            ("http://169.254.169.254/x", false), ("http://169.254.170.3/x", false), ("http://10.0.0.1/x", false),
            ("http://127.example.org/x", false), ("http://127.0.0.1.example.org/x", false),
            ("http://credentials.example.org/x", false), ("http://[fd00:ec2::24]/x", false),
            ("ftp://127.0.0.1/x", false),
        ])
    func trusted(url: String, isTrusted: Bool) throws {
        #expect(ContainerCredentials.isTrusted(try TransferURL(url)) == isTrusted)
    }

    @Test(
        "an endpoint that cannot be one is told at once and for good",
        arguments: [
            [:], ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "@example.org/x"],
            ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": ".example.org"],
            ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "no url"],
            ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://example.org/x"],
        ])
    func misled(variables: [String: String]) async throws {
        let error = try await ask(variables).error
        #expect(error?.code == .unauthenticated)
        #expect(error?.retry == .permanent)
    }

    @Test(
        "what an endpoint answers otherwise says whether another try may help, and repeats no secret",
        arguments: [
            ("403 Forbidden", answer, ErrorCode.unauthenticated), ("404 Not Found", "", .unauthenticated),
            ("302 Found", "", .unavailable), ("429 Too Many Requests", "", .unavailable),
            ("500 Internal Server Error", answer, .unavailable), ("503 Service Unavailable", "", .unavailable),
            ("200 OK", "", .unavailable), ("200 OK", "{\"SecretAccessKey\": \"hidden", .unavailable),
            ("200 OK", "{\"SecretAccessKey\": \"hidden\"}", .unavailable), ("200 OK", "[]", .unavailable),
            (
                "200 OK", "{\"AccessKeyId\": \"A\", \"SecretAccessKey\": \"hidden\", \"Expiration\": \"soon\"}",
                .unavailable
            ),
            ("200 OK", "{\"Code\": \"AssumeRoleUnauthorizedAccess\", \"Message\": \"hidden\"}", .unauthenticated),
            ("200 OK", String(repeating: "hidden", count: 20_000), .unavailable),
        ])
    func answers(status: String, body: String, code: ErrorCode) async throws {
        let server = try ScriptedServer { connection in
            try connection.readHead()
            try connection.answer(status, body, headers: "Connection: close\r\nLocation: http://127.0.0.1:9/\r\n")
        }
        defer { server.stop() }
        let error = try await ask(["AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url("/a?secret=hidden")]).error
        #expect(error?.code == code)
        #expect(error?.retry == .transient(after: nil))
        #expect(error.map { !"\($0)".contains("hidden") } == true)
    }
}

@Suite("Credentials of a machine", .timeLimit(.minutes(1)))
struct MachineCredentialsTests {
    private func ask(_ base: String) async throws -> Result<S3Credentials, StorageError> {
        try await outcome { MachineCredentials(client: $0, base: base) }
    }

    @Test("come with a token that is asked for first")
    func session() async throws {
        let server = try ScriptedServer { connection in
            switch try connection.readHead() {
            case let head where head.hasPrefix("PUT /latest/api/token "): try connection.answer("200 OK", "to-ken==")
            case let head where !head.contains("\r\nX-aws-ec2-metadata-token: to-ken==\r\n"):
                try connection.answer("401 Unauthorized")
            case let head where head.hasPrefix("GET /latest/meta-data/iam/security-credentials/ "):
                try connection.answer("200 OK", "my+role,=.@-_1\nother\n")
            case let head where head.hasPrefix("GET /latest/meta-data/iam/security-credentials/my+role,=.@-_1 "):
                try connection.answer("200 OK", answer)
            default: try connection.answer("404 Not Found")
            }
            connection.closeWriting()
        }
        defer { server.stop() }
        #expect(try await ask("http://127.0.0.1:\(server.port)").get() == lent)
        let heads = server.heads.value
        #expect(heads.count == 3)
        #expect(heads.first?.contains("\r\nX-aws-ec2-metadata-token-ttl-seconds: 21600\r\n") == true)
    }

    @Test(
        "a role that is none, or leads elsewhere, is not asked for",
        arguments: ["", "\n", "../../user-data", "a b", "<html>"])
    func role(name: String) async throws {
        let server = try ScriptedServer { connection in
            let isToken = try connection.readHead().hasPrefix("PUT ")
            try connection.answer("200 OK", isToken ? "t" : name, headers: "Connection: close\r\n")
        }
        defer { server.stop() }
        #expect(try await ask("http://127.0.0.1:\(server.port)").error?.code == .unauthenticated)
        #expect(server.heads.value.count == 2)
    }

    @Test("a service that is not there is unavailable")
    func nobody() async throws {
        let port = try TestPorts.reserve(1)
        let error = try await ask("http://127.0.0.1:\(port)").error
        #expect(error?.code == .unavailable)
        #expect(error?.retry == .transient(after: nil))
    }
}

extension Result {
    fileprivate var error: Failure? { if case .failure(let error) = self { error } else { nil } }
}
