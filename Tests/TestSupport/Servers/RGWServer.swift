import Foundation
import Glibc
import Sharing

/// A private S3 store on loopback ports: Ceph's gateway over one OSD in memory, by HTTP and HTTPS.
///
/// Where Ceph is missing `start` throws: the tests that need it fail. `STOWAGE_RGW_ROOT` names the root of another
/// Debian release whose Ceph is used.
package final class RGWServer: Sendable {
    private let server: StartedServer
    private static let one = Guarded<Task<RGWServer, any Error>?>(nil)

    /// One store for all tests of this process that only need buckets of their own.
    package static func shared() async throws -> RGWServer {
        let starting = one.withLock { starting in
            let task = starting ?? Task.detached { try await start() }
            starting = task
            return task
        }
        return try await starting.value
    }

    /// Starts a store and returns when it answers.
    ///
    /// What `environment` may hold, `Tests/Servers/ceph-rgw.sh` says (`RGW_OSD_BYTES`, `RGW_EXTRA_CONF`).
    package static func start(_ environment: [String: String] = [:]) async throws -> RGWServer {
        let root = ProcessInfo.processInfo.environment["STOWAGE_RGW_ROOT"] ?? ""
        let defaults = ["RGW_TLS": "1", "ROOTFS": root]
        return RGWServer(
            try await StartedServer("ceph-rgw.sh", ports: 11, defaults.merging(environment) { $1 }))
    }

    private init(_ server: StartedServer) {
        self.server = server
    }

    /// By HTTP, with every right to buckets of its own.
    package var account: S3Account {
        S3Account(endpoint: fact("S3_ENDPOINT"), accessKey: fact("S3_ACCESS_KEY"), secretKey: fact("S3_SECRET_KEY"))
    }

    /// The same by HTTPS, by the name in the certificate.
    package var secureAccount: S3Account {
        var account = account.by(fact("S3_ENDPOINT_TLS"))
        account.authorities = fact("S3_CA")
        return account
    }

    /// The first number of Ceph's version: what 16, 18 and 20 enforce differs.
    package var release: Int { Int(fact("RGW_VERSION").prefix { $0 != "." }) ?? 0 }

    /// The end of the logs of its processes, for the message of a test that fails.
    package var lastLines: String { server.lastLines() }

    /// The store hangs from now on: whoever writes or reads gets no answer.
    ///
    /// What it was asked for happens later.
    package func stopOSD() throws { try signal("osd", SIGSTOP) }

    /// The store goes on, with everything that it was asked for meanwhile.
    package func continueOSD() throws { try signal("osd", SIGCONT) }

    /// The gateway crashes, as with `kill -9`; returns when it is gone.
    ///
    /// What it wrote stays.
    package func killGateway() async throws {
        let pid = try server.pid(of: "rgw")
        guard kill(pid, SIGKILL) == 0 else { throw StartedServer.Failure(description: "no process \(pid)") }
        try await require(eventually: "the end of process \(pid)") { Self.hasEnded(pid) }
    }

    /// Init, whose child it is, may reap it later.
    private static func hasEnded(_ pid: pid_t) -> Bool {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return true }
        return text.split(separator: ")").last?.hasPrefix(" Z") ?? true
    }

    /// Starts the gateway again on the same ports; returns when it answers.
    package func restartGateway() async throws { try await server.run("restart") }

    /// Runs `radosgw-admin` and returns what it printed.
    @discardableResult
    package func admin(_ arguments: String...) async throws -> String {
        try await server.run("admin", arguments)
    }

    /// A bucket takes so many bytes from now on, and answers 403 `QuotaExceeded` to more.
    package func setQuota(of bucket: String, bytes: Int) async throws {
        try await admin("quota", "set", "--quota-scope=bucket", "--bucket=\(bucket)", "--max-size=\(bytes)")
        try await admin("quota", "enable", "--quota-scope=bucket", "--bucket=\(bucket)")
    }

    /// Another user, who may use nothing that is not theirs.
    package func makeUser() async throws -> S3Account {
        let name = "user\(UInt64.random(in: 0 ... .max))"
        var other = account
        (other.accessKey, other.secretKey) = ("KEY\(name)", "secret\(name)")
        try await admin(
            "user", "create", "--uid=\(name)", "--display-name=\(name)", "--access-key=\(other.accessKey)",
            "--secret-key=\(other.secretKey)")
        return other
    }

    /// The same account by credentials of the store's STS, good for a quarter of an hour.
    ///
    /// For a store that was started with `RGW_STS=1`.
    package func sessionAccount() async throws -> S3Account {
        struct Credentials: Decodable {
            var AccessKeyId: String
            var SecretAccessKey: String
            var SessionToken: String
        }
        let credentials = try await account.python(
            """
            allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
            client("iam").put_user_policy(UserName=arguments[0], PolicyName="all", PolicyDocument=json.dumps(allow))
            show(client("sts").get_session_token(DurationSeconds=900)["Credentials"])
            """, fact("RGW_USER"), as: Credentials.self)
        var session = account
        session.accessKey = credentials.AccessKeyId
        session.secretKey = credentials.SecretAccessKey
        session.sessionToken = credentials.SessionToken
        return session
    }

    private func signal(_ name: String, _ signal: Int32) throws {
        let pid = try server.pid(of: name)
        guard kill(pid, signal) == 0 else {
            throw StartedServer.Failure(description: "\(name) has ended\n\(lastLines)")
        }
    }

    private func fact(_ name: String) -> String { server.facts[name] ?? "" }
}
