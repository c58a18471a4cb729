import FileSystem
import Glibc
import Storage
import StowageContract
import StrictCoding

/// One archive with its records, in its opened folder.
///
/// All calls block.
struct LocalFileArchive {
    let key: ArchiveKey
    let folder: Directory

    /// What stands there; `nil`: no committed archive.
    func stat() throws(StorageError) -> StoredArchive? {
        guard let status = try mapped({ () throws(FileSystemError) in try folder.status(key.name) }) else { return nil }
        guard status.kind == .regular else {
            throw StorageError(.conflict, .permanent, "what stands under the key is no regular file")
        }
        // A manifest of another name says nothing about this file, which somebody else put there.
        let manifest = try manifest().flatMap { $0.name.hasSameBytes(as: key.name) ? $0 : nil }
        return StoredArchive(
            key: key, size: status.size, manifest: manifest, protection: RetentionState(manifest, try records()))
    }

    /// The manifest that stands there, whether or not its archive does.
    func manifest() throws(StorageError) -> Manifest? {
        guard let bytes = try record(RecordName.manifest) else { return nil }
        return try Manifest(bytes: bytes)
    }

    /// Whether an archive of that name stands in the same folder.
    func stands(_ name: String) throws(StorageError) -> Bool {
        try mapped { () throws(FileSystemError) in try folder.status(name) } != nil
    }

    /// The record of a deletion.
    func deletion() throws(StorageError) -> DeletionRecord? {
        guard let bytes = try record(RecordName.deleted) else { return nil }
        return try DeletionRecord(bytes: bytes)
    }

    /// All records of retention.
    func records() throws(StorageError) -> [ProtectionRecord] {
        let entries = try mapped { () throws(FileSystemError) in try folder.entries() }
        var records: [ProtectionRecord] = []
        for entry in entries where entry.name.utf8.starts(with: RecordName.retainPrefix.utf8) {
            guard let bytes = try record(entry.name) else { continue }
            records.append(try ProtectionRecord(bytes: bytes))
        }
        return records
    }

    private func record(_ name: String) throws(StorageError) -> [UInt8]? {
        try mapped { () throws(FileSystemError) in
            try folder.fileIfPresent(name)?.contents(limit: RecordName.longestBytes)
        }
    }
}
