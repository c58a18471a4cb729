import FileSystem
import ServiceRuntime
import Storage
import StowageContract

/// The bytes of an archive on their way into a store: in memory while they are few, in a staged file as soon as they
/// are not.
struct LocalFileStaging {
    /// Archives of up to this many bytes are written together with their commit.
    static let smallBytes = 256 << 10
    private static let writebackBytes: Int64 = 8 << 20

    private(set) var chunks: [[UInt8]] = []
    private(set) var staged: StagedArchive?
    private var buffered = 0
    private var written: Int64 = 0
    private var writebackFrom: Int64 = 0

    /// Takes everything that `body` has.
    mutating func take(
        _ body: any ArchiveBody, into key: ArchiveKey, of driver: LocalFileStorageDriver
    ) async throws(StorageError) {
        do throws(StorageError) {
            while let chunk = try await body.next() {
                buffered += chunk.count
                chunks.append(chunk)
                if buffered > (staged == nil ? Self.smallBytes : 1 << 20) { try await spill(key, driver) }
            }
            if staged != nil, buffered > 0 { try await spill(key, driver) }
        } catch {
            await discard(driver)
            throw error
        }
    }

    /// Gives back what was not committed.
    func discard(_ driver: LocalFileStorageDriver) async {
        guard let staged else { return }
        await driver.blocking.run { staged.file.discard() }
    }

    private mutating func spill(_ key: ArchiveKey, _ driver: LocalFileStorageDriver) async throws(StorageError) {
        let (tree, fileMode, pool) = (driver.tree, driver.configuration.fileMode, driver.blocking)
        let chunks = chunks
        let existing = staged
        let from = writebackFrom
        let end = written + Int64(buffered)
        let startsWriteback = driver.durability != .none && end - from >= Self.writebackBytes
        staged = try await pool.run { () throws(StorageError) in
            try mapped { () throws(FileSystemError) in
                let staged: StagedArchive
                if let existing {
                    staged = existing
                } else {
                    let (folder, changed) = try tree.makeFolder(of: key)
                    staged = StagedArchive(
                        folder: folder, changed: changed,
                        file: try StagedFile.make(in: folder, mode: fileMode, isUnnamed: driver.usesUnnamedFiles))
                }
                do throws(FileSystemError) {
                    for chunk in chunks { try staged.file.file.write(chunk) }
                } catch {
                    staged.file.discard()
                    throw error
                }
                // Written out as it comes, so that one long archive does not make everybody's flush long.
                if startsWriteback { staged.file.file.startWriteback(at: from, count: end - from) }
                return staged
            }
        }
        written = end
        if startsWriteback { writebackFrom = end }
        buffered = 0
        self.chunks = []
    }
}

/// A staged file in the folder of its archive.
struct StagedArchive: Sendable {
    let folder: Directory
    /// Folders that got a new name on the way.
    let changed: [Directory]
    let file: StagedFile

    /// Reads everything back.
    ///
    /// - Throws: `.integrityMismatch` where it is not what the manifest says.
    func prove(_ manifest: Manifest) throws(StorageError) {
        try compare(LocalFileDigest.of(file.file), with: manifest)
    }

    /// Throws where what lies there is not what the manifest says.
    func compare(_ actual: String, with manifest: Manifest) throws(StorageError) {
        guard actual == manifest.sha256 else {
            throw StorageError(
                .integrityMismatch, .transient(after: nil), "the file system gives back other bytes than it took",
                context: ["expected": manifest.sha256, "actual": actual])
        }
    }
}
