package import StowageContract

extension ArchiveKey {
    /// The key `[<path>/]<task id>/<name>`, normalised to NFC.
    ///
    /// - Throws: `.invalidTask` that says which rule is broken.
    package static func make(path: String?, taskID: TaskID, name: String) throws(StorageError) -> ArchiveKey {
        let name = try checkedName(name)
        var folder: String?
        if let path { folder = try checkedPath(path) }
        let text = ArchiveName.key(path: folder, taskID: taskID, name: name)
        guard text.utf8.count <= ArchiveName.keyBytes else { throw invalid("key", "must have at most 900 bytes") }
        return ArchiveKey(trusted: text)
    }

    /// The key that a task names, normalised to NFC.
    ///
    /// - Throws: `.invalidTask` that says which rule is broken.
    package static func validated(_ text: String) throws(StorageError) -> ArchiveKey {
        let key = ArchiveKey(trusted: try checked("key", ArchiveName.normalisedKey, text))
        guard key.folderTask != nil else { throw invalid("key", "must be [<path>/]<task id>/<name>") }
        return key
    }

    /// The last segment of a key, normalised to NFC.
    static func checkedName(_ name: String) throws(StorageError) -> String {
        try checked("name", ArchiveName.normalisedName, name)
    }

    /// The folder above a task's own, normalised to NFC.
    static func checkedPath(_ path: String) throws(StorageError) -> String {
        try checked("path", ArchiveName.normalisedPath, path)
    }

    /// The beginning of keys that a task names, normalised to NFC; may be empty.
    static func prefix(_ text: String, member: String) throws(StorageError) -> String {
        try checked(member, ArchiveName.normalisedPrefix, text)
    }

    /// What is wrong with `prefix` as the front of every key of a driver; `nil`: nothing.
    package static func problem(ofPrefix prefix: String) -> String? {
        if prefix.isEmpty { return nil }
        do throws(ArchiveName.Problem) {
            let normalised = try ArchiveName.normalisedPath(prefix)
            return normalised.utf8.count > 120 ? "must have at most 120 bytes" : nil
        } catch {
            return error.message
        }
    }

    /// What stands before every key of a driver with that `prefix`, which has been checked.
    static func front(_ prefix: String) -> String {
        guard let normalised = try? ArchiveName.normalisedPath(prefix) else { return "" }
        return normalised + "/"
    }

    /// The last segment.
    package var name: String {
        let bytes = text.utf8
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return text }
        return String(text[bytes.index(after: slash)...])
    }

    /// The segment before the last, where it is the id of a task.
    package var folderTask: TaskID? {
        let bytes = text.utf8
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return nil }
        let folders = bytes[..<slash]
        let start = folders.lastIndex(of: UInt8(ascii: "/")).map { bytes.index(after: $0) } ?? bytes.startIndex
        return TaskID(String(text[start..<slash]))
    }

    private static func checked(
        _ member: String, _ rule: (String) throws(ArchiveName.Problem) -> String, _ text: String
    ) throws(StorageError) -> String {
        do throws(ArchiveName.Problem) { return try rule(text) } catch { throw invalid(member, error.message) }
    }

    private static func invalid(_ member: String, _ problem: String) -> StorageError {
        StorageError(
            .invalidTask, .permanent, "the key of the archive breaks a rule", at: .task,
            context: ["member": member, "problem": member + " " + problem])
    }
}
