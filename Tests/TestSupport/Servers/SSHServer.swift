import Foundation
import Glibc
import Sharing

/// A private OpenSSH on a loopback port, whose user sees files and nothing else.
///
/// Where it is missing `start` throws: the tests that need it fail.
package final class SSHServer: Sendable {
    private let server: StartedServer
    private static let one = Guarded<Task<SSHServer, any Error>?>(nil)

    /// One server for all tests of this process that only need folders of their own.
    package static func shared() async throws -> SSHServer {
        let starting = one.withLock { starting in
            let task = starting ?? Task.detached { try await start() }
            starting = task
            return task
        }
        return try await starting.value
    }

    /// Starts a server and returns when it answers; its script says what `environment` may hold (`SFTP_QUOTA_MB`).
    package static func start(_ environment: [String: String] = [:]) async throws -> SSHServer {
        SSHServer(try await StartedServer("sshd.sh", ports: 1, environment))
    }

    private init(_ server: StartedServer) {
        self.server = server
    }

    package let host = "127.0.0.1"
    package var port: UInt16 { UInt16(fact("SFTP_PORT")) ?? 0 }
    package var user: String { fact("SFTP_USER") }
    package var password: String { fact("SFTP_PASSWORD") }
    /// Names the server with all its keys.
    package var knownHostsFile: String { fact("SFTP_KNOWN_HOSTS") }
    /// Where the folder `/lab`, in which the user may write, lies on the disk.
    package var root: String { fact("SFTP_ROOT") }
    /// The end of its log, for the message of a test that fails.
    package var lastLines: String { server.lastLines() }

    /// A private key of the user: `ed25519`, `ecdsa`, `rsa`, or `enc`, whose passphrase is "phrase".
    package func keyFile(_ name: String) -> String { fact("SFTP_KEYS") + "/id_" + name }

    /// The public key by which the server is known.
    package func hostKeyFile(_ name: String) -> String { fact("SFTP_KEYS") + "/host_" + name + ".pub" }

    /// The server's fingerprint as `ssh-keygen` computes it.
    package func fingerprint(_ name: String = "ed25519") async throws -> String {
        let line = try await ChildProcess.run(["ssh-keygen", "-l", "-f", hostKeyFile(name)])
        return String(line.split(separator: " ")[1])
    }

    /// A folder that nobody else has, as the user sees it; nobody has made it.
    package func folder() -> String { "/lab/f" + String(UInt64.random(in: 0 ... .max), radix: 36) }

    /// Sends a signal to the processes of every connection, not to the one that listens.
    @discardableResult
    package func signalConnections(_ signal: Int32) throws -> Int {
        let own = try descendants(of: server.pid(of: "sshd"))
        for pid in own { kill(pid, signal) }
        return own.count
    }

    /// Sends a signal to all of it.
    package func signal(_ signal: Int32) throws {
        kill(try server.pid(of: "sshd"), signal)
        try signalConnections(signal)
    }

    private func descendants(of parent: pid_t) throws -> [pid_t] {
        var parents: [pid_t: pid_t] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: "/proc") {
            guard let pid = pid_t(name), let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
                let rest = text.split(separator: ")").last, let number = pid_t(rest.split(separator: " ")[1])
            else { continue }
            parents[pid] = number
        }
        func isBelow(_ pid: pid_t) -> Bool {
            var here = pid
            while let above = parents[here] {
                if above == parent { return true }
                here = above
            }
            return false
        }
        return parents.keys.filter { isBelow($0) }
    }

    private func fact(_ name: String) -> String { server.facts[name] ?? "" }
}
