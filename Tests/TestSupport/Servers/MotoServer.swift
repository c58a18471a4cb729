import Sharing

/// The S3 store that lies: it takes retention in COMPLIANCE mode and lets it be shortened.
///
/// Where moto is missing `start` throws: the tests that need it fail.
package final class MotoServer: Sendable {
    private let server: StartedServer
    private static let one = Guarded<Task<MotoServer, any Error>?>(nil)

    /// One for all tests of this process that only need buckets of their own.
    package static func shared() async throws -> MotoServer {
        let starting = one.withLock { starting in
            let task =
                starting ?? Task.detached { MotoServer(try await StartedServer("moto.sh", ports: 1)) }
            starting = task
            return task
        }
        return try await starting.value
    }

    private init(_ server: StartedServer) {
        self.server = server
    }

    /// It takes any credentials.
    package var account: S3Account {
        S3Account(
            endpoint: server.facts["S3_ENDPOINT"] ?? "", accessKey: server.facts["S3_ACCESS_KEY"] ?? "",
            secretKey: server.facts["S3_SECRET_KEY"] ?? "")
    }

    /// The end of its log, for the message of a test that fails.
    package var lastLines: String { server.lastLines() }
}
