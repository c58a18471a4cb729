import Storage
import StowageContract
import StrictCoding

/// What stands in a task's folder, seen with one listing.
struct S3Folder: Sendable {
    /// Whether an object stands under the key itself.
    private(set) var hasArchive = false
    /// Names of other objects that could be archives.
    private(set) var others: [String] = []
    /// Names of records.
    private(set) var records: Set<String> = []
    /// In buckets that keep them, the oldest version of the archive; `nil` where not all of them are seen.
    private(set) var firstVersion: String?

    init(_ entries: [S3Entry], of key: ArchiveKey, isWhole: Bool = true) {
        let folder = key.s3Folder
        for entry in entries where !entry.isMarker && entry.key.utf8.starts(with: folder.utf8) {
            let name = String(Substring(entry.key.utf8.dropFirst(folder.utf8.count)))
            if name.utf8.contains(UInt8(ascii: "/")) || name.isEmpty { continue }
            if name.utf8.starts(with: RecordName.reserved.utf8) {
                records.insert(name)
            } else if entry.key.hasSameBytes(as: key.text) {
                hasArchive = true
                firstVersion = isWhole ? entry.version : nil
            } else if !others.contains(name) {
                others.append(name)
            }
        }
    }
}

extension S3StorageDriver {
    /// The folder of a key; a folder with more than a thousand objects is somebody else's, and is looked at as far.
    func look(_ key: ArchiveKey) async throws(StorageError) -> S3Folder {
        let look = try await looks.entries(of: key.s3Folder)
        return S3Folder(look.entries, of: key, isWhole: look.isWhole)
    }

    /// Refuses a write that comes too late, or for a key that is taken.
    ///
    /// - Returns: what else stands in the folder.
    func admit(_ request: WriteRequest) async throws(StorageError) -> S3Folder {
        let folder = try await look(request.key)
        if folder.records.contains(RecordName.deleted),
            let record = try await bucket.get(request.key.s3Folder + RecordName.deleted)
        {
            let deletion = try DeletionRecord(bytes: record.bytes)
            if deletion.refuses(request.taskID) { throw deletion.refusal }
        }
        if folder.hasArchive { throw S3StorageDriver.taken }
        for name in folder.others {
            let other = ArchiveKey(trusted: request.key.s3Folder + name)
            guard let object = try await find(other, version: nil),
                let manifest = try await archive(other, object).manifest
            else { continue }
            throw StorageError(
                .conflict, .permanent, "the task id was used for another name",
                context: ["members": "name", "stored": manifest.sha256])
        }
        return folder
    }

    static let taken = StorageError(.conflict, .permanent, "an archive stands under the key")
}
