import Pipeline
import ServiceRuntime
#if SFTP
    import SFTPDriver
#endif
import Storage
import StorageDrivers
import StowageContract
import Transfer

/// Who speaks the protocols of the files that tasks name by URL, besides HTTP; one line each.
enum BundledConnectors {
    static var all: [FileServerConnector] {
        var all = [FileServerConnector.ftp]
        #if SFTP
            all.append(.sftp)
        #endif
        return all
    }
}

extension FileServerConnector {
    /// `ftps` has TLS from the first byte; `ftp` has it (`AUTH TLS`) wherever the credentials may not go in the clear.
    static let ftp = FileServerConnector(schemes: ["ftp", "ftps"]) { address throws(StorageError) in
        var client = FTPClientConfiguration(host: address.host)
        client.port = address.port
        client.user = address.credentials?.user
        client.password = address.credentials?.password
        client.security = address.scheme == "ftps" ? .implicit : address.requiresTLS ? .explicit : .none
        client.limits.stall = address.limit
        let allows = address.allowsAddress
        client.allowsAddress = { peer, _ in allows(peer) }
        return try await FTPServer.connect(client, clock: { TimeSource.system.now })
    }

    #if SFTP
        /// Both sides are proved by the configuration alone: no agent, no key that is believed because it was seen first.
        static let sftp = FileServerConnector(schemes: ["sftp"]) { address throws(StorageError) in
            guard let known = address.credentials, let user = known.user, let port = UInt16(exactly: address.port),
                let name = DriverName("sources")
            else {
                throw StorageError(
                    .unauthenticated, .permanent, "sftp needs credentials: a user, and the key of the server")
            }
            var configuration = SFTPConfiguration(host: address.host, port: port, user: user)
            configuration.password = known.password
            configuration.privateKeyFile = known.secureShell.privateKeyFile
            configuration.passphrase = known.secureShell.passphrase
            configuration.knownHostsFile = known.secureShell.knownHostsFile
            configuration.hostKeyFingerprint = known.secureShell.hostKeyFingerprint
            var policy = SFTPPolicy(stall: address.limit, agent: nil) { bytes in
                address.allowsAddress(TransferAddress(bytes: bytes, port: address.port))
            }
            policy.triesLinks = false
            // One connection for the bytes, and one for what is asked meanwhile.
            let environment = DriverEnvironment(
                name: name, blocking: BlockingPool(threads: 2), now: { TimeSource.system.now }, connections: 2)
            return try await SFTPServer.connect(configuration, in: environment, policy: policy)
        }
    #endif
}
