import Cryptography
package import Storage
package import StowageContract

/// Files on a server that speaks SFTP version 3, with OpenSSH's extensions where the server has them.
package struct SFTPServer: FileServer {
    package typealias Configuration = SFTPConfiguration

    package static let type = "sftp"

    package let facts: FileServerFacts
    let paths: SFTPPath
    let pool: ConnectionPool
    /// Whether a file is given a second name to move it: the one way that replaces nothing, whatever the server.
    let movesByLink: Bool
    let greeting: SFTPGreeting

    package static func connect(
        _ configuration: SFTPConfiguration, in environment: DriverEnvironment
    ) async throws(StorageError) -> SFTPServer {
        try await connect(configuration, in: environment, policy: SFTPPolicy())
    }

    /// The same with other bounds than the documentation says.
    package static func connect(
        _ configuration: SFTPConfiguration, in environment: DriverEnvironment, policy: SFTPPolicy
    ) async throws(StorageError) -> SFTPServer {
        guard let paths = SFTPPath(root: configuration.path) else {
            throw SFTPErrors.unusable("the path is none", key: "path")
        }
        let connector = try await SFTPConnector(configuration, in: environment, policy: policy)
        let pool = ConnectionPool(limit: environment.connections) { () throws(StorageError) in
            try await connector.connect()
        }
        let (greeting, links) = try await pool.with { connection throws(StorageError) in
            let links = try await connection.turn(changes: false) { link throws(SFTPFailure) in
                try link.makeRoot(paths)
                return policy.triesLinks ? try link.tryLinks(paths) : link.greeting.links
            }
            return (connection.greeting, links)
        }
        return SFTPServer(paths: paths, pool: pool, greeting: greeting, movesByLink: links)
    }

    private init(paths: SFTPPath, pool: ConnectionPool, greeting: SFTPGreeting, movesByLink: Bool) {
        self.paths = paths
        self.pool = pool
        self.greeting = greeting
        self.movesByLink = movesByLink
        var facts = FileServerFacts()
        facts.movesExclusively = movesByLink
        facts.resumes = true
        facts.resumesOnlyExisting = true
        facts.readsRanges = true
        facts.tellsRoom = greeting.tellsRoom
        facts.durability = greeting.flushes ? .file : .store
        self.facts = facts
    }

    package func room() async throws(StorageError) -> StoreCapacity {
        let root = try wire("")
        let room = try await pool.with { connection throws(StorageError) in
            try await connection.turn(changes: false) { link throws(SFTPFailure) in try link.room(root) }
        }
        return StoreCapacity(totalBytes: room.totalBytes, usedBytes: room.usedBytes, freeBytes: room.freeBytes)
    }

    package func probe() async throws(StorageError) {
        let root = try wire("")
        let isThere = try await pool.beside { connection throws(StorageError) in
            try await connection.turn(changes: false) { link throws(SFTPFailure) in
                try link.attributes(root)?.kind != .file
            }
        }
        guard isThere else { throw SFTPErrors.unreachable("the folder of the store is not there") }
    }

    package func sha256(_ path: String) async throws(StorageError) -> String {
        throw StorageError(.unsupported, .permanent, "the server computes no digests")
    }

    package func close() async { pool.close() }

    /// Where a path lies on the server.
    func wire(_ path: String) throws(StorageError) -> String {
        guard let wire = paths.wire(path) else {
            throw StorageError(.invalidTask, .permanent, "a name cannot be sent to the server", at: .task)
        }
        return wire
    }
}
