import Storage
import StowageContract
import StrictCoding

/// The objects that stand beside archives.
enum S3Names {
    static let reserved = ".stowage"
    /// What the exclusivity of the store is tried on.
    static let probe = ".stowage-exclusive"
    static let manifest = ".stowage.json"
    static let deleted = ".stowage-deleted.json"
    static let upload = ".stowage-upload.json"
    /// A deletion that is under way, with the id of its task.
    static let deletingPrefix = ".stowage-deleting-"
    static let retainPrefix = ".stowage-retain-"
    static let retainSuffix = ".json"

    /// The most bytes that a record is read with; a manifest has at most about 8 KiB of task data.
    static let longestBytes = 1 << 20

    /// Whether a record is of use when the archive is gone: that it was deleted, and what others are at.
    static func outlivesArchive(_ name: String) -> Bool {
        name.hasSameBytes(as: deleted) || name.hasSameBytes(as: upload)
            || name.utf8.starts(with: deletingPrefix.utf8)
    }

    static func retain(_ taskID: TaskID) -> String { retainPrefix + taskID.text + retainSuffix }
}

extension ArchiveKey {
    /// The task's folder with its slash.
    var s3Folder: String { String(Substring(text.utf8.dropLast(name.utf8.count))) }
}
