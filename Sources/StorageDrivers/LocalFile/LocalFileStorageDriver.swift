import Cryptography
package import FileSystem
import Glibc
import ServiceRuntime
package import Storage
package import StowageContract

/// Archives as files below one folder.
///
/// Each lies in a folder of its own with its manifest. It appears by one call that cannot replace anything, after its
/// bytes are complete, proved and flushed; stores that are ready at the same time share their flushes.
package final class LocalFileStorageDriver: StorageDriver {
    package static let type = "local"

    package let storeID: String?
    let configuration: LocalFileConfiguration
    let tree: LocalFileTree
    let blocking: BlockingPool
    let now: @Sendable () -> Timestamp
    /// Whether files are staged without a name; `false` only where tests say so.
    let usesUnnamedFiles: Bool
    let checkpoints: CheckpointPolicy
    let committer: GroupCommitter

    package init(
        _ configuration: LocalFileConfiguration, root: Directory, storeID: String?, environment: DriverEnvironment,
        usesUnnamedFiles: Bool = true, checkpoints: CheckpointPolicy = CheckpointPolicy(), lanes: Int = 2
    ) {
        self.configuration = configuration
        self.storeID = storeID
        self.tree = LocalFileTree(
            place: LocalFileRoot(root, path: configuration.path, storeID: storeID),
            directoryMode: configuration.directoryMode)
        self.blocking = environment.blocking
        self.now = environment.now
        self.usesUnnamedFiles = usesUnnamedFiles
        self.checkpoints = checkpoints
        self.committer = GroupCommitter(lanes: lanes)
    }

    package static func open(
        _ configuration: LocalFileConfiguration, in environment: DriverEnvironment
    ) async throws(StorageError) -> LocalFileStorageDriver {
        try await open(configuration, in: environment, checkpoints: CheckpointPolicy())
    }

    /// With checkpoints at other places than the documentation says.
    package static func open(
        _ configuration: LocalFileConfiguration, in environment: DriverEnvironment, checkpoints: CheckpointPolicy
    ) async throws(StorageError) -> LocalFileStorageDriver {
        try await environment.blocking.run { () throws(StorageError) in
            let root: Directory
            do throws(FileSystemError) {
                root = try Directory.open(configuration.path)
            } catch {
                throw LocalFileErrors.opening(error)
            }
            let id = try StoreIdentity.read(
                or: { RandomBytes.hexadecimal(16) }, in: root, mode: configuration.fileMode)
            return LocalFileStorageDriver(
                configuration, root: root, storeID: id, environment: environment, checkpoints: checkpoints)
        }
    }

    package var durability: Durability { configuration.durability }

    package var capabilities: StoreCapabilities {
        var capabilities = StoreCapabilities()
        capabilities.atomicCreate = true
        capabilities.rangeRead = true
        capabilities.resumableUpload = true
        capabilities.list = true
        capabilities.capacity = true
        return capabilities
    }

    package func write(
        _ request: WriteRequest, from body: any ArchiveBody
    ) async throws(StorageError) -> WriteReceipt {
        var staging = LocalFileStaging()
        try await staging.take(body, into: request.key, of: self)
        let manifest: Manifest
        let commit: ArchiveCommit
        do throws(StorageError) {
            manifest = try request.seal()
            commit = ArchiveCommit(
                request: request, manifest: manifest, manifestBytes: manifest.bytes, chunks: staging.chunks,
                staged: staging.staged)
            if let staged = staging.staged {
                if commit.rereads { try await staged.prove(manifest, on: blocking, request.worked) }
                if durability != .none {
                    // A long archive is flushed by itself: the group must not wait for it.
                    try await blocking.run { () throws(StorageError) in
                        try mapped { () throws(FileSystemError) in try staged.file.file.flush() }
                    }
                    request.worked()
                }
            }
            try StorageError.checkCancellation()
        } catch {
            await staging.discard(self)
            throw error
        }
        let stands = try await committer.commit(commit, self)
        return WriteReceipt(
            verified: commit.rereads ? .reread : nil, exclusive: .atomic, durability: durability,
            archive: StoredArchive(
                key: request.key, size: manifest.size, manifest: stands, protection: RetentionState(stands, [])))
    }

    package func persist(_ key: ArchiveKey) async throws(StorageError) {
        guard durability != .none else { return }
        let tree = tree
        try await blocking.run { () throws(StorageError) in
            try tree.place.check()
            // Its bytes, its names and those of the folders above it: one flush knows them all.
            try mapped { () throws(FileSystemError) in try tree.root.reopened().flushFileSystem() }
        }
    }

    package func stat(_ key: ArchiveKey, version: String?) async throws(StorageError) -> StoredArchive? {
        let tree = tree
        return try await blocking.look(orIfCancelled: .cancelled) { () throws(StorageError) in
            guard let folder = try tree.folder(of: key) else { return nil }
            if let archive = try LocalFileArchive(key: key, folder: folder).stat() { return archive }
            try tree.place.check()
            return nil
        }
    }

    package func read(
        _ key: ArchiveKey, version: String?, range: Range<Int64>?
    ) async throws(StorageError) -> any ArchiveBody {
        let (tree, blocking) = (tree, blocking)
        return try await blocking.look(orIfCancelled: .cancelled) { () throws(StorageError) in
            let absent = StorageError(.notFound, .permanent, "there is no such archive")
            guard let folder = try tree.folder(of: key) else { throw absent }
            let body = try mapped { () throws(FileSystemError) -> LocalFileBody? in
                guard let file = try folder.fileIfPresent(key.name) else { return nil }
                let status = try file.status()
                guard status.kind == .regular else { return nil }
                let range = range ?? 0..<status.size
                let isSmall = range.count <= LocalFileStaging.smallBytes
                let first = isSmall ? try file.read(at: range.lowerBound, count: range.count) : nil
                return LocalFileBody(file, range, of: status, first: first, pool: blocking)
            }
            if let body { return body }
            try tree.place.check()
            throw absent
        }
    }

    package func list(prefix: String, after: String?, limit: Int) async throws(StorageError) -> ArchivePage {
        let tree = tree
        return try await blocking.look(orIfCancelled: .cancelled) { () throws(StorageError) in
            var listing = LocalFileListing(prefix: prefix, after: after, limit: limit)
            try listing.walk(tree.root)
            try tree.place.check()
            return listing.page
        }
    }

    package func capacity() async throws(StorageError) -> StoreCapacity {
        let tree = tree
        return try await blocking.look(orIfCancelled: .cancelled) { () throws(StorageError) in
            try tree.place.check()
            let root = tree.root
            let room = try mapped { () throws(FileSystemError) in try root.room() }
            return StoreCapacity(totalBytes: room.totalBytes, usedBytes: room.usedBytes, freeBytes: room.freeBytes)
        }
    }

    /// Compares the folder that stands under the path now with the one that was opened; the same store, mounted anew,
    /// is taken over.
    package func probe() async throws(StorageError) {
        let place = tree.place
        try await blocking.run { () throws(StorageError) in try place.find() }
    }

    package func close() async {}
}
