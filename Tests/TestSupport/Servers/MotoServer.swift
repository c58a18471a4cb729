import Sharing

/// The S3 store that lies: it takes retention in COMPLIANCE mode and lets it be shortened.
///
/// Where moto is missing `start` throws: the tests that need it fail.
package final class MotoServer: Sendable {
    private let server: StartedServer
    private static let shared = Guarded<[Bool: Task<MotoServer, any Error>]>([:])

    /// One for all tests of this process that only need buckets of their own.
    package static func shared(isSecure: Bool = false) async throws -> MotoServer {
        let starting = shared.withLock { shared in
            let environment = isSecure ? ["MOTO_TLS": "1"] : [:]
            let task =
                shared[isSecure]
                ?? Task.detached { MotoServer(try await StartedServer("moto.sh", ports: 1, environment)) }
            shared[isSecure] = task
            return task
        }
        return try await starting.value
    }

    private init(_ server: StartedServer) {
        self.server = server
    }

    /// It takes any credentials.
    package var account: S3Account {
        var account = S3Account(
            endpoint: server.facts["S3_ENDPOINT"] ?? "", accessKey: server.facts["S3_ACCESS_KEY"] ?? "",
            secretKey: server.facts["S3_SECRET_KEY"] ?? "")
        account.authorities = server.facts["S3_CA"]
        return account
    }

    /// The end of its log, for the message of a test that fails.
    package var lastLines: String { server.lastLines() }
}
