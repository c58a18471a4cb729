import Foundation
import Sharing

/// A real FTP server that a script of `Tests/Servers` starts.
///
/// Where it is missing `start` throws: the tests that need it fail.
package final class FTPTestServer: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        case proftpd
        case vsftpd
        case pureFTPd = "pure-ftpd"
        case pyftpd
        /// Without the commands of RFC 2428 and RFC 3659 that make life easier.
        case plainPyftpd = "pyftpd-plain"

        fileprivate var script: String { self == .plainPyftpd ? "pyftpd.sh" : rawValue + ".sh" }
        fileprivate var environment: [String: String] {
            self == .plainPyftpd ? ["FTP_WITHOUT": "EPSV EPRT MLSD MLST MDTM"] : [:]
        }
    }

    package let kind: Kind
    private let server: StartedServer
    private static let shared = Guarded<[Kind: Task<FTPTestServer, any Error>]>([:])

    /// The one that the suites run on: `STOWAGE_FTP_SERVER`, else ProFTPD.
    package static let tested =
        Kind(rawValue: ProcessInfo.processInfo.environment["STOWAGE_FTP_SERVER"] ?? "") ?? .proftpd

    /// One for all tests of this process that only need folders of their own.
    package static func shared(_ kind: Kind = .proftpd) async throws -> FTPTestServer {
        let starting = shared.withLock { shared in
            // A data connection that has ended keeps its port for a minute.
            let task = shared[kind] ?? Task.detached { try await FTPTestServer(kind, ["FTP_PASSIVE": "500"]) }
            shared[kind] = task
            return task
        }
        return try await starting.value
    }

    package init(_ kind: Kind = .proftpd, _ environment: [String: String] = [:]) async throws {
        self.kind = kind
        server = try await StartedServer(
            kind.script, ports: 10 + (Int(environment["FTP_PASSIVE"] ?? "") ?? 50),
            environment.merging(kind.environment) { $1 })
    }

    package var port: Int { Int(server.facts["FTP_PORT"] ?? "") ?? 0 }
    /// 0 where it has none.
    package var implicitPort: Int { Int(server.facts["FTPS_IMPLICIT_PORT"] ?? "") ?? 0 }
    package var user: String { server.facts["FTP_USER"] ?? "" }
    package var password: String { server.facts["FTP_PASSWORD"] ?? "" }
    package var authorities: String { server.facts["FTP_CA"] ?? "" }
    /// Where the user's files lie on this machine.
    package var root: String { server.facts["FTP_ROOT"] ?? "" }
    /// The end of its logs, for the message of a test that fails.
    package var lastLines: String { server.lastLines() }

    /// The commands that ProFTPD got, with the status of each, oldest first: `STOR /a b 226`.
    package func commands() throws -> [String] {
        try String(contentsOfFile: server.path + "/log/commands.log", encoding: .utf8)
            .split(separator: "\n").map { line in
                line.split(separator: " ").dropFirst().filter { $0 != "-" }.joined(separator: " ")
            }
    }
}
