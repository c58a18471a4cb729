import Storage
import StowageContract
import StrictCoding

/// The objects that only this driver puts beside archives; for the others see `RecordName`.
enum S3Names {
    /// What the exclusivity of the store is tried on.
    static let probe = ".stowage-exclusive"
    /// What nobody should ever find: sent with a signature of other bytes (`S3PayloadTrial`).
    static let forgery = ".stowage-forgery"
    static let upload = ".stowage-upload.json"
    /// A deletion that is under way, with the id of its task.
    static let deletingPrefix = ".stowage-deleting-"

    /// Whether a record is of use when the archive is gone: that it was deleted, and what others are at.
    static func outlivesArchive(_ name: String) -> Bool {
        name.hasSameBytes(as: RecordName.deleted) || name.hasSameBytes(as: upload)
            || name.utf8.starts(with: deletingPrefix.utf8)
    }
}

extension ArchiveKey {
    /// The task's folder with its slash.
    var s3Folder: String { String(Substring(text.utf8.dropLast(name.utf8.count))) }
}
