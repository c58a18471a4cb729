import ServiceRuntime
import StowageContract
import StrictCoding

/// What stands in a task's folder, seen with one listing.
struct FileServerFolder: Sendable {
    let key: ArchiveKey
    private let entries: [FileEntry]

    init(_ key: ArchiveKey, _ entries: [FileEntry]) {
        self.key = key
        self.entries = entries
    }

    /// What stands under the key itself.
    var archive: FileEntry? { entries.first { $0.name.hasSameBytes(as: key.name) } }

    /// The name of another archive.
    var other: String? {
        entries.first { $0.mayBeArchive && !$0.name.hasSameBytes(as: key.name) }?.name
    }

    var hasManifest: Bool { has(RecordName.manifest) }
    var hasDeletion: Bool { has(RecordName.deleted) }

    /// The names of all records of retention.
    var protections: [String] {
        entries.map(\.name).filter { $0.utf8.starts(with: RecordName.retainPrefix.utf8) }
    }

    /// What changes when its maker does something.
    var names: Set<String> { Set(entries.map(\.name)) }

    private func has(_ name: String) -> Bool { entries.contains { $0.name.hasSameBytes(as: name) } }
}

extension FileServerStorageDriver {
    /// The folder of a key; `nil`: there is none.
    func look(_ key: ArchiveKey) async throws(StorageError) -> FileServerFolder? {
        try await server.entries(key.folderPath).map { FileServerFolder(key, $0) }
    }

    /// What stands under the key of that folder; `nil`: no committed archive.
    func archive(_ folder: FileServerFolder) async throws(StorageError) -> StoredArchive? {
        guard let entry = folder.archive else { return nil }
        guard !entry.isFolder else {
            throw StorageError(.conflict, .permanent, "what stands under the key is no regular file")
        }
        let key = folder.key
        // A manifest of another name says nothing about this file, which somebody else put there.
        let manifest = try await manifest(folder).flatMap { $0.name.hasSameBytes(as: key.name) ? $0 : nil }
        return StoredArchive(
            key: key, size: entry.size, manifest: manifest,
            protection: RetentionState(manifest, try await protections(folder)))
    }

    /// The manifest that stands there, whether or not its archive does.
    func manifest(_ folder: FileServerFolder) async throws(StorageError) -> Manifest? {
        guard folder.hasManifest else { return nil }
        return try await server.record(folder.key.folderPath + "/" + RecordName.manifest).map {
            bytes throws(StorageError) in try Manifest(bytes: bytes)
        }
    }

    /// The record of a deletion.
    func deletion(_ folder: FileServerFolder) async throws(StorageError) -> DeletionRecord? {
        guard folder.hasDeletion else { return nil }
        return try await server.record(folder.key.folderPath + "/" + RecordName.deleted).map {
            bytes throws(StorageError) in try DeletionRecord(bytes: bytes)
        }
    }

    /// All records of retention.
    func protections(_ folder: FileServerFolder) async throws(StorageError) -> [ProtectionRecord] {
        var records: [ProtectionRecord] = []
        for name in folder.protections {
            guard let bytes = try await server.record(folder.key.folderPath + "/" + name) else { continue }
            records.append(try ProtectionRecord(bytes: bytes))
        }
        return records
    }

    /// Refuses a write that comes too late, or for a key that is taken.
    func admit(_ request: WriteRequest, _ folder: FileServerFolder) async throws(StorageError) {
        if let deletion = try await deletion(folder), deletion.refuses(request.taskID) { throw deletion.refusal }
        if folder.archive != nil { throw StorageError.keyIsTaken }
        if let other = folder.other {
            let stored = try await manifest(folder)
            // Somebody else's file says nothing about ours.
            guard let stored, stored.name.hasSameBytes(as: other) else { return }
            throw StorageError(
                .conflict, .permanent, "the task id was used for another name",
                context: ["members": "name", "stored": stored.sha256])
        }
    }
}

extension StorageError {
    static let keyIsTaken = StorageError(.conflict, .permanent, "an archive stands under the key")
}
