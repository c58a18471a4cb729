import Cryptography
import StowageContract

/// What stands on a file server besides archives and their records; none of it is ever listed.
package enum FileServerNames {
    /// The folder below the root in which files wait until they are complete.
    package static let staging = RecordName.reserved + "-staging"
    /// The folder within an archive's that only one writer at a time can make.
    static let claim = RecordName.reserved + "-claim"

    /// A name in the staging folder that nobody else has.
    static func staged() -> String { staging + "/" + RandomBytes.hexadecimal(16) }

    /// What the names of a request's partial files begin with: the same for all deliveries of one task.
    static func partialPrefix(_ request: WriteRequest) -> String {
        let text = request.taskID.text + "\n" + request.key.text
        return "partial-" + SHA256Hasher.digest(of: Array(text.utf8)).hexadecimal.prefix(32) + "-"
    }

    static func isReserved(_ name: String) -> Bool { name.utf8.starts(with: RecordName.reserved.utf8) }
}

extension ArchiveKey {
    /// The path of the task's own folder.
    var folderPath: String { String(Substring(text.utf8.dropLast(name.utf8.count + 1))) }
}

extension FileEntry {
    /// Whether it is neither a folder nor a record.
    var mayBeArchive: Bool { !isFolder && !FileServerNames.isReserved(name) }
}
