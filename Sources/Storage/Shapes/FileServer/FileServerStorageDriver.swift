package import ServiceRuntime
package import StowageContract

/// Archives as files below one folder of a server.
///
/// Each lies in a folder of its own with its manifest, as in a local store. Its bytes wait in the staging folder until they are
/// complete and proved; then the task's folder is made, which only one of many writers can, and manifest and archive are
/// moved into it. `docs/decisions/0020` tells of every step what a crash there leaves.
package final class FileServerStorageDriver<Server: FileServer>: StorageDriver {
    package static var type: String { Server.type }

    package let storeID: String? = nil
    package let server: Server
    let trial: FileServerTrial
    let policy: FileServerPolicy
    let now: @Sendable () -> Timestamp
    let time: TimeSource

    init(
        _ server: Server, trial: FileServerTrial, policy: FileServerPolicy, now: @escaping @Sendable () -> Timestamp,
        time: TimeSource
    ) {
        self.server = server
        self.trial = trial
        self.policy = policy
        self.now = now
        self.time = time
    }

    package static func open(
        _ configuration: Server.Configuration, in environment: DriverEnvironment
    ) async throws(StorageError) -> FileServerStorageDriver {
        try await open(configuration, in: environment, policy: FileServerPolicy())
    }

    /// With other bounds than the documentation says.
    package static func open(
        _ configuration: Server.Configuration, in environment: DriverEnvironment, policy: FileServerPolicy,
        time: TimeSource = .system
    ) async throws(StorageError) -> FileServerStorageDriver {
        let server = try await Server.connect(configuration, in: environment)
        do throws(StorageError) {
            return try await over(server, policy: policy, now: environment.now, time: time)
        } catch {
            await server.close()
            throw error
        }
    }

    /// Over a server that is connected; tries what it does.
    package static func over(
        _ server: Server, policy: FileServerPolicy, now: @escaping @Sendable () -> Timestamp, time: TimeSource
    ) async throws(StorageError) -> FileServerStorageDriver {
        let trial: FileServerTrial
        do throws(StorageError) {
            trial = try await FileServerTrial.run(server)
        } catch {
            // Whoever may not write now still may read, and is careful when he may again.
            switch error.code {
            case .permissionDenied, .readOnly, .outOfSpace: trial = FileServerTrial()
            default: throw error
            }
        }
        return FileServerStorageDriver(server, trial: trial, policy: policy, now: now, time: time)
    }

    package var durability: Durability { server.facts.durability }

    /// Whether the server keeps archives from being replaced by itself; else we look before.
    var isExclusive: Bool { server.facts.movesExclusively && trial.refusesToReplace }

    package var capabilities: StoreCapabilities {
        let facts = server.facts
        var capabilities = StoreCapabilities()
        capabilities.atomicCreate = isExclusive
        capabilities.rangeRead = facts.readsRanges
        capabilities.serverDigest = facts.digests ? "sha256" : nil
        capabilities.resumableUpload = facts.resumes
        capabilities.list = true
        capabilities.listsStoreTimes = true
        capabilities.capacity = facts.tellsRoom
        return capabilities
    }

    package func stat(_ key: ArchiveKey, version: String?) async throws(StorageError) -> StoredArchive? {
        guard let folder = try await look(key) else { return nil }
        return try await archive(folder)
    }

    package func read(
        _ key: ArchiveKey, version: String?, range: Range<Int64>?
    ) async throws(StorageError) -> any ArchiveBody {
        if let range, range.isEmpty { return BytesBody([]) }
        do throws(StorageError) {
            return try await server.read(key.text, range: range)
        } catch {
            guard error.code == .notFound else { throw error }
            throw StorageError(.notFound, .permanent, "there is no such archive")
        }
    }

    /// Times are those of the server; of an archive whose server tells none, its manifest's.
    package func list(prefix: String, after: String?, limit: Int) async throws(StorageError) -> ArchivePage {
        var listing = FileServerListing(server, prefix: prefix, after: after, limit: limit)
        try await listing.walk()
        return listing.page
    }

    package func capacity() async throws(StorageError) -> StoreCapacity {
        guard server.facts.tellsRoom else { return StoreCapacity() }
        return try await server.room()
    }

    package func probe() async throws(StorageError) { try await server.probe() }

    package func close() async { await server.close() }
}

/// Bounds of a `FileServerStorageDriver`.
package struct FileServerPolicy: Sendable {
    /// Archives that are known to have fewer bytes begin anew when they break off.
    package var leastResumableBytes: Int64 = 64 << 20
    /// So many bytes of a long archive are sent at once, until the server says that it has them.
    package var segmentBytes: Int64 = 64 << 20
    package var lease = FileServerLease()

    package init() {}
}
