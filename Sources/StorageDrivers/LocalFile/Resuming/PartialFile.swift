import Cryptography
import FileSystem
import ServiceRuntime
import Storage
import StowageContract

/// The names under which interrupted writes wait for whoever goes on with them.
enum PartialName {
    static let prefix = ".stowage-partial-"
    static let recordSuffix = "-checkpoint"

    /// The same for all deliveries of one task.
    static func of(_ request: WriteRequest) -> String {
        let text = request.taskID.text + "\n" + request.key.text
        return prefix + SHA256Hasher.digest(of: Array(text.utf8)).hexadecimal.prefix(32)
    }

    /// Whether `name` is one of a partial file or of its record.
    static func matches(_ name: String) -> Bool { name.utf8.starts(with: prefix.utf8) }
}

/// An archive's bytes so far, under a name that only the deliveries of its task know, locked by the one that writes.
///
/// All calls block.
struct PartialFile: Sendable {
    let staged: StagedArchive
    private let name: String
    private let flushes: Bool
    private let recordMode: UInt32

    /// The partial file of the request; `nil`: another delivery writes it.
    static func claim(
        _ request: WriteRequest, of driver: LocalFileStorageDriver
    ) throws(StorageError) -> PartialFile? {
        try mapped { () throws(FileSystemError) in
            let folder = try driver.tree.makeFolder(of: request.key).folder
            // Whoever made the folders may have been killed before their names were flushed.
            let above = try driver.tree.folders(above: request.key)
            let name = PartialName.of(request)
            let mode = driver.configuration.fileMode
            guard let file = try StagedFile.claim(name, in: folder, mode: mode) else { return nil }
            return PartialFile(
                staged: StagedArchive(folder: folder, changed: above, file: file), name: name,
                flushes: driver.durability != .none, recordMode: mode)
        }
    }

    /// What is safe of the body's bytes, by the word of the last writer.
    func checkpoint(of origin: String) throws(StorageError) -> ArchivePrefix? {
        try mapped { () throws(FileSystemError) in
            guard let bytes = try staged.folder.fileIfPresent(recordName)?.contents(limit: 4096),
                let record = CheckpointRecord(bytes: bytes), record.origin == origin,
                record.prefix.bytes <= (try staged.file.file.status()).size
            else { return nil }
            return record.prefix
        }
    }

    /// Flushes the file and notes that the prefix is safe.
    func keep(_ prefix: ArchivePrefix, of origin: String) throws(StorageError) {
        try mapped { () throws(FileSystemError) in
            if flushes { try staged.file.file.flush() }
            CrashPoint.reach(.beforeCheckpoint)
            let record = try StagedFile.make(in: staged.folder, mode: recordMode)
            do throws(FileSystemError) {
                try record.file.write(CheckpointRecord(origin: origin, prefix: prefix).bytes)
                if flushes { try record.file.flush() }
                try record.publishReplacing(as: recordName)
            } catch {
                record.discard()
                throw error
            }
            CrashPoint.reach(.afterCheckpoint)
        }
    }

    /// Forgets all bytes behind the first `size`, and with the first also what was noted.
    func cut(to size: Int64) throws(StorageError) {
        try mapped { () throws(FileSystemError) in
            if size == 0 { try staged.folder.unlink(recordName) }
            try staged.file.file.cut(to: size)
        }
    }

    /// Removes what was noted, once the file has become an archive or is gone.
    func forget() {
        _ = try? staged.folder.unlink(recordName)
    }

    /// Leaves it to the next delivery.
    func release() {
        staged.file.release()
    }

    /// Leaves nothing behind.
    func discard() {
        staged.file.discard()
        forget()
    }

    private var recordName: String { name + PartialName.recordSuffix }
}
