import ServiceRuntime
import Sharing
import Storage

/// Opens the connections of one driver.
final class SFTPConnector: Sendable {
    /// What a server is asked for that has shown another key than the pinned one: it may have several.
    ///
    /// `nil`: what we would like best. Files of known hosts need none of this: libssh asks for what stands there.
    private static let families: [String?] = [
        nil, "ssh-ed25519", "ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521", "rsa-sha2-512,rsa-sha2-256",
    ]

    private let configuration: SFTPConfiguration
    private let policy: SFTPPolicy
    private let login: SSHLogin
    private let names: BlockingPool
    private let threads: BlockingPool
    /// The one of the families that the pinned key is of.
    private let family = Guarded(0)

    init(
        _ configuration: SFTPConfiguration, in environment: DriverEnvironment, policy: SFTPPolicy
    ) async throws(StorageError) {
        self.configuration = configuration
        self.policy = policy
        names = environment.blocking
        // As many as can have something to do, and one for a probe: none of them waits for another.
        threads = BlockingPool(threads: environment.connections + 1)
        login = try await environment.blocking.look(orIfCancelled: .cancelled) { () throws(StorageError) in
            try SSHLogin(configuration, agent: policy.agent)
        }
    }

    /// A connection over which the server has been proved to be the one that is meant.
    func connect() async throws(StorageError) -> SFTPConnection {
        var index = family.withLock { $0 }
        do throws(StorageError) {
            return try await connect(index)
        } catch {
            guard error.message == SFTPErrors.otherFingerprint else { throw error }
            while index + 1 < Self.families.count {
                index += 1
                // One that has no such key cannot agree with us.
                guard let connection = try? await connect(index) else { continue }
                let found = index
                family.withLock { $0 = found }
                return connection
            }
            throw error
        }
    }

    private func connect(_ family: Int) async throws(StorageError) -> SFTPConnection {
        let dialer = SSHDialer(host: configuration.host, port: configuration.port, allows: policy.allows)
        return try await SFTPConnection.connect(
            configuration, login, hostKeys: Self.families[family], by: dialer, stall: policy.stall, names: names,
            threads: threads)
    }
}
