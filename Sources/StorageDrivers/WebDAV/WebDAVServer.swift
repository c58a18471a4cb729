package import Storage
package import StowageContract
import Transfer

/// Archives as files of a WebDAV server.
package typealias WebDAVStorageDriver = FileServerStorageDriver<WebDAVServer>

/// A folder of a WebDAV server (RFC 4918): Apache, nginx, sabre/dav and what speaks like them.
package struct WebDAVServer: FileServer {
    package static let type = "webdav"

    let client: WebDAVClient
    let address: WebDAVAddress
    package let facts: FileServerFacts
    /// Whether it makes a folder that stands already and says that it did.
    let makesFoldersTwice: Bool
    /// Whether it makes the folders that something is moved into.
    let movesIntoNothing: Bool
    /// Whether it looks, then acts, and says that it did whatever came of that: see `ownFolder` and `moveAcross`.
    let believesItself: Bool
    /// Files that we have uploaded, and folders that we have made or seen.
    let files = RecentPaths()
    let folders = RecentPaths()

    package static func connect(
        _ configuration: WebDAVConfiguration, in environment: DriverEnvironment
    ) async throws(StorageError) -> WebDAVServer {
        try await connect(configuration, in: environment, stall: .seconds(60))
    }

    /// Giving a server up that says nothing for so long.
    package static func connect(
        _ configuration: WebDAVConfiguration, in environment: DriverEnvironment, stall: Duration
    ) async throws(StorageError) -> WebDAVServer {
        let client = try WebDAVClient(
            configuration, connections: environment.connections, stall: stall, now: environment.now)
        do throws(StorageError) {
            return try await WebDAVServer(client)
        } catch {
            await client.close()
            throw error
        }
    }

    private init(_ client: WebDAVClient) async throws(StorageError) {
        self.client = client
        let base = client.address.base
        let call = WebDAVCall.find(base, depth: 0, asksForRoom: true)
        var answer = try await client.send(call)
        if answer.status == 404 || answer.status == 409 {
            try await Self.makeRoot(client, base)
            answer = try await client.send(call)
        }
        let root = try Self.root(answer, call, client.now())
        var facts = FileServerFacts()
        facts.readsRanges = true
        facts.tellsRoom = root.availableBytes != nil || root.usedBytes != nil
        self.facts = facts
        let again = try await client.send(WebDAVCall("MKCOL", base))
        makesFoldersTwice = again.status == 201
        // sabre/dav, also within Nextcloud and ownCloud, names itself in its refusals.
        believesItself = again.bytes.firstRange(of: Array("//sabredav.org/ns".utf8)) != nil
        // Of those that we know only nginx does; behind a proxy of that name it costs a question.
        movesIntoNothing = answer.head.headers["Server"]?.lowercased().contains("nginx") ?? true
        var address = client.address
        address.naming = try await Self.naming(client)
        self.address = address
        folders.insert("")
    }

    /// What the server says of the root.
    private static func root(
        _ answer: WebDAVAnswer, _ call: WebDAVCall, _ now: Timestamp
    ) throws(StorageError) -> Multistatus.Resource {
        guard answer.status == 207 else {
            if [200, 204, 405, 501].contains(answer.status) {
                throw StorageError(
                    .unsupported, .permanent, "the server speaks no WebDAV at this URL",
                    context: ["status": String(answer.status)])
            }
            var error = WebDAVErrors.error(answer, call, now: now)
            if error.code == .notFound {
                error.code = .unavailable
                error.retry = .transient(after: nil)
                error.message = "the folder of the driver is not there"
            }
            throw error
        }
        let status = try Multistatus(parsing: answer.bytes, of: call.target, now: now)
        guard let root = try status.only(call.target), root.isFolder else {
            throw StorageError(.unavailable, .transient(after: nil), "the URL of the driver names no folder")
        }
        return root
    }

    /// Makes the configured folder with those above it.
    private static func makeRoot(_ client: WebDAVClient, _ base: String) async throws(StorageError) {
        let call = WebDAVCall("MKCOL", base)
        var answer = try await client.send(call)
        if [404, 409, 500].contains(answer.status), let above = parent(of: base) {
            try await makeRoot(client, above)
            answer = try await client.send(call)
        }
        // 405: somebody else was faster.
        guard answer.status == 201 || answer.status == 405 else {
            var error = WebDAVErrors.error(answer, call, now: client.now())
            if error.code == .notFound { error.code = .unavailable }
            throw error
        }
    }

    /// `nil`: nothing can be above it.
    private static func parent(of target: String) -> String? {
        guard let slash = target.utf8.dropLast().lastIndex(of: UInt8(ascii: "/")), slash != target.utf8.startIndex
        else { return nil }
        return String(target[...slash])
    }

    package func room() async throws(StorageError) -> StoreCapacity {
        let call = WebDAVCall.find(address.base, depth: 0, asksForRoom: true)
        let root = try Self.root(try await client.send(call), call, client.now())
        let total = root.usedBytes.flatMap { used in root.availableBytes.map { used.addingReportingOverflow($0) } }
        return StoreCapacity(
            totalBytes: total.flatMap { $0.overflow ? nil : $0.partialValue }, usedBytes: root.usedBytes,
            freeBytes: root.availableBytes)
    }

    package func probe() async throws(StorageError) {
        let call = WebDAVCall.find(address.base, depth: 0)
        _ = try Self.root(try await client.send(call, over: .probes), call, client.now())
    }

    package func sha256(_ path: String) async throws(StorageError) -> String {
        throw StorageError(.unsupported, .permanent, "the server computes no digests")
    }

    package func close() async { await client.close() }

    /// The error of an answer that is no success.
    func error(_ answer: WebDAVAnswer, _ call: WebDAVCall) -> StorageError {
        WebDAVErrors.error(answer, call, now: client.now())
    }
}
