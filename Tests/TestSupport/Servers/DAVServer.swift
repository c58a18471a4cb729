import Glibc
import Sharing

/// A private WebDAV server on loopback ports.
///
/// Where its packages are missing `start` throws: the tests that need it fail.
package final class DAVServer: Sendable {
    /// Which one.
    package enum Kind: String, Sendable, CaseIterable {
        case apache = "apache-dav.sh"
        case nginx = "nginx-dav.sh"
        case sabre = "sabre-dav.sh"
        case wsgi = "wsgidav.sh"
    }

    /// How it is spoken to, where it knows several ways.
    package enum Way: String, Sendable {
        case basic = "DAV_URL"
        case digest = "DAV_URL_DIGEST"
        case tls = "DAV_URL_TLS"
        /// Without anybody asking who we are.
        case plain = "DAV_URL_PLAIN"
    }

    private let server: StartedServer
    private static let started = Guarded<[Kind: Task<DAVServer, any Error>]>([:])

    /// One server for all tests of this process that only need folders of their own.
    package static func shared(_ kind: Kind = .apache) async throws -> DAVServer {
        let starting = started.withLock { started in
            let task = started[kind] ?? Task.detached { try await start(kind) }
            started[kind] = task
            return task
        }
        return try await starting.value
    }

    /// Starts a server and returns when it answers; its script says what `environment` may hold (`DAV_MB`).
    package static func start(_ kind: Kind = .apache, _ environment: [String: String] = [:]) async throws -> DAVServer {
        DAVServer(try await StartedServer(kind.rawValue, ports: 2, environment))
    }

    private init(_ server: StartedServer) {
        self.server = server
    }

    /// The URL of everything that is there, with a slash at its end.
    package func url(_ way: Way = .basic) -> String { server.facts[way.rawValue] ?? "" }

    /// A folder that nobody else has; nobody has made it.
    package func folderURL(_ way: Way = .basic) -> String {
        url(way) + "f" + String(UInt64.random(in: 0 ... .max), radix: 36) + "/"
    }

    package var user: String { server.facts["DAV_USER"] ?? "" }
    package var password: String { server.facts["DAV_PASSWORD"] ?? "" }
    /// The certificates by which its own is known.
    package var authorities: String { server.facts["DAV_CA"] ?? "" }
    /// The folder of the disk below which its files lie.
    package var root: String { server.facts["DAV_ROOT"] ?? "" }

    /// The end of its logs, for the message of a test that fails.
    package var lastLines: String { server.lastLines() }

    /// Stops in whatever it does, or goes on, as with `kill`.
    package func send(_ signal: Int32, to name: String) throws {
        guard kill(try server.pid(of: name), signal) == 0 else {
            throw StartedServer.Failure(description: "\(name) has ended\n\(lastLines)")
        }
    }
}
