import Sharing
package import Storage
package import StowageContract
package import Transfer

/// A folder on an FTP server, in the clear or by TLS.
package final class FTPServer: FileServer {
    package static let type = "ftp"

    package let facts: FileServerFacts
    let features: FTPFeatures
    let clock: @Sendable () -> Timestamp
    /// How folders are listed.
    let listCommand: Guarded<String>
    /// What was found about names.
    let oddities = Guarded<[FTPOddity: Bool]>([:])
    private let root: String
    let client: FTPClient
    /// Archives are read over connections of their own: whoever holds one may wait for an upload to this server.
    private let reads: FTPClient
    /// Probes wait for nobody.
    private let probes: FTPClient

    /// Digests of long files take longer than any other answer.
    private static let digestLimits = TransferLimits(stall: .seconds(3600))

    private init(
        _ root: String, _ clients: [FTPClient], _ features: FTPFeatures, _ facts: FileServerFacts,
        clock: @escaping @Sendable () -> Timestamp
    ) {
        self.root = root
        client = clients[0]
        reads = clients[1]
        probes = clients[2]
        self.features = features
        listCommand = Guarded(features.tellsFacts ? "MLSD" : "LIST -a")
        self.facts = facts
        self.clock = clock
    }

    private convenience init(_ server: FTPServer, _ facts: FileServerFacts) {
        self.init(
            server.root, [server.client, server.reads, server.probes], server.features, facts, clock: server.clock)
    }

    package static func connect(
        _ configuration: FTPConfiguration, in environment: DriverEnvironment
    ) async throws(StorageError) -> FTPServer {
        let count = max(1, environment.connections)
        let client = FTPClientConfiguration(configuration)
        let server = try await connect(
            client, [count, count, 1], root: configuration.path, clock: environment.now)
        do throws(StorageError) {
            try await server.makeRoot()
            var facts = server.facts
            facts.tellsRoom = try await server.findRoom() != nil
            let found = FTPServer(server, facts)
            try await found.findListing()
            return found
        } catch {
            await server.close()
            throw error
        }
    }

    /// For one task's file: from the root, with as few questions and connections as there can be.
    package static func connect(
        _ client: FTPClientConfiguration, clock: @escaping @Sendable () -> Timestamp
    ) async throws(StorageError) -> FTPServer {
        try await connect(client, [1, 1, 1], root: "", clock: clock)
    }

    private static func connect(
        _ configuration: FTPClientConfiguration, _ counts: [Int], root: String,
        clock: @escaping @Sendable () -> Timestamp
    ) async throws(StorageError) -> FTPServer {
        var clients: [FTPClient] = []
        do throws(TransferError) {
            for count in counts {
                var configuration = configuration
                configuration.connections = count
                clients.append(try FTPClient(configuration))
            }
        } catch {
            throw StorageError(
                .unavailable, .permanent, "the configuration of the driver cannot be used",
                context: ["problem": error.message])
        }
        do throws(StorageError) {
            let features = try await features(clients)
            var facts = FileServerFacts()
            facts.resumes = features.restarts
            facts.readsRanges = features.restarts
            facts.digests = features.digest != nil
            return FTPServer(root, clients, features, facts, clock: clock)
        } catch {
            for client in clients { await client.close() }
            throw error
        }
    }

    private static func features(_ clients: [FTPClient]) async throws(StorageError) -> FTPFeatures {
        do throws(FTPError) {
            let features = FTPFeatures(try await clients[0].run([try .of("FEAT")])[0])
            if features.isUTF8 {
                // Per connection; the one that is open gets it too.
                let utf8 = try FTPCommand.of("OPTS", "UTF8 ON")
                for client in clients { client.begin(with: [utf8]) }
                _ = try await clients[0].run([utf8])
            }
            return features
        } catch {
            throw FTPErrors.error(error)
        }
    }

    private func makeRoot() async throws(StorageError) {
        guard !root.isEmpty, try await status("") == nil else { return }
        var made = ""
        for segment in root.split(separator: "/") {
            made += made.isEmpty ? String(segment) : "/" + segment
            let reply = try await run("MKD", "/" + made)
            if reply.isFailure, try await look(made) == nil { throw FTPErrors.refusal("MKD", reply) }
        }
    }

    /// From the server's root.
    func absolute(_ path: String) -> String {
        if root.isEmpty { return path }
        return path.isEmpty ? root : root + "/" + path
    }

    /// The answer to one command.
    func run(_ verb: String, _ argument: String? = nil) async throws(StorageError) -> FTPReply {
        try await run([(verb, argument)])[0]
    }

    func run(_ commands: [(String, String?)]) async throws(StorageError) -> [FTPReply] {
        do throws(FTPError) {
            var list: [FTPCommand] = []
            for (verb, argument) in commands { list.append(try .of(verb, argument)) }
            return try await client.run(list)
        } catch {
            throw FTPErrors.error(error)
        }
    }

    func list(_ path: String, by verb: String) async throws(FTPError) -> [UInt8] {
        try await client.list(path, by: verb, atMost: 64 << 20)
    }

    package func read(_ path: String, range: Range<Int64>?) async throws(StorageError) -> any ArchiveBody {
        do throws(FTPError) {
            if let range {
                let download = try await reads.download(absolute(path), from: range.lowerBound)
                return FTPBody(download, count: Int64(range.count))
            }
            // Servers tell the size of what they would send as text only after TYPE I, if at all.
            let name = "/" + absolute(path)
            let asking: [FTPCommand] =
                features.tellsFacts ? [try .of("MLST", name)] : [try .of("TYPE", "I"), try .of("SIZE", name)]
            let download = try await reads.download(absolute(path), after: asking)
            let told = download.answer(to: asking[asking.count - 1].verb)
            return FTPBody(download, size: told.flatMap { FTPFacts.size($0) })
        } catch {
            guard case .refused("RETR", let reply) = error.reason, reply.code == 550 else {
                throw FTPErrors.error(error)
            }
            if FTPErrors.words(reply) != .missing, try await status(path) != nil {
                throw FTPErrors.refusal("RETR", reply)
            }
            throw StorageError(.notFound, .permanent, "there is no such file")
        }
    }

    package func sha256(_ path: String) async throws(StorageError) -> String {
        do throws(FTPError) {
            let commands = try digestCommands(path)
            return try digest(commands, try await client.run(commands, limits: Self.digestLimits))
        } catch {
            throw FTPErrors.error(error)
        }
    }

    /// What makes the server compute a digest.
    func digestCommands(_ path: String) throws(FTPError) -> [FTPCommand] {
        let argument = "/" + absolute(path)
        if features.digest == .hash { return [try .of("OPTS", "HASH SHA-256"), try .of("HASH", argument)] }
        return [try .of("XSHA256", argument.contains(" ") ? "\"\(argument)\"" : argument)]
    }

    /// The digest that the last of the answers tells.
    func digest(_ commands: [FTPCommand], _ replies: [FTPReply]) throws(FTPError) -> String {
        let (verb, reply) = (commands[commands.count - 1].verb, replies[replies.count - 1])
        guard !reply.isFailure else { throw FTPError(.refused(verb: verb, reply)) }
        if let digest = FTPDigest.sha256(reply, needsName: features.digest == .hash) { return digest }
        throw FTPError(.transfer(TransferError(.unexpected, "the server's digest makes no sense", isRetryable: true)))
    }

    private enum RoomCommand {
        case available, quota
    }

    /// What one of the commands tells; `nil`: nothing.
    private func find(_ command: RoomCommand) async throws(StorageError) -> StoreCapacity? {
        switch command {
        case .available: FTPRoom.available(try await run("AVBL", "/" + absolute("")))
        case .quota: FTPRoom.quota(try await run("SITE", "QUOTA"))
        }
    }

    private func findRoom() async throws(StorageError) -> StoreCapacity? {
        if let capacity = try await find(.available) { return capacity }
        return try await find(.quota)
    }

    package func room() async throws(StorageError) -> StoreCapacity {
        if let capacity = try await findRoom() { return capacity }
        throw StorageError(
            .unavailable, .transient(after: nil), "the server does not say any more how much room it has")
    }

    package func probe() async throws(StorageError) {
        do throws(FTPError) {
            let reply = try await probes.run([try .of("NOOP")])[0]
            if reply.isFailure { throw FTPError(.refused(verb: "NOOP", reply)) }
        } catch {
            throw FTPErrors.error(error)
        }
    }

    package func close() async {
        for client in [client, reads, probes] { await client.close() }
    }
}

/// An FTP server as a store.
package typealias FTPStorageDriver = FileServerStorageDriver<FTPServer>

extension FTPCommand {
    static func of(_ verb: String, _ argument: String? = nil) throws(FTPError) -> FTPCommand {
        do throws(TransferError) {
            return try FTPCommand(verb, argument)
        } catch {
            throw FTPError(.transfer(error))
        }
    }
}

extension FTPClientConfiguration {
    fileprivate init(_ configuration: FTPConfiguration) {
        self.init(host: configuration.host)
        port = configuration.port
        user = configuration.user
        password = configuration.password
        security = configuration.tls
        tls.authorities = configuration.ca
    }
}
