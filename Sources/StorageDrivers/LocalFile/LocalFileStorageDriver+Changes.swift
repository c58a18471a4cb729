import FileSystem
import Glibc
import ServiceRuntime
package import Storage
import StowageContract
import StrictCoding

extension LocalFileStorageDriver {
    package func delete(_ request: DeleteRequest) async throws(StorageError) -> Bool {
        let driver = self
        return try await blocking.run { () throws(StorageError) in
            guard let folder = try driver.tree.folder(of: request.key) else { return false }
            try mapped { () throws(FileSystemError) in try folder.lock() }
            defer { folder.unlock() }
            if try driver.delete(request, LocalFileArchive(key: request.key, folder: folder)) { return true }
            try driver.tree.place.check()
            return false
        }
    }

    /// The record comes first: once the archive is gone, nothing may let a late copy of its store bring it back.
    private func delete(_ request: DeleteRequest, _ archive: LocalFileArchive) throws(StorageError) -> Bool {
        let folder = archive.folder
        guard let stored = try archive.stat() else {
            // What a killed writer left goes too, but nothing was deleted that anybody had been told of.
            try mapped { () throws(FileSystemError) in try removeRecords(folder) }
            return false
        }
        // Under the lock, which keeps `retain` out until the archive is gone.
        try request.admit(stored)
        let record = DeletionRecord(of: try archive.manifest(), request, at: now(), earlier: try archive.deletion())
        try mapped { () throws(FileSystemError) in
            let staged = try stageRecord(record.json, in: folder)
            try staged.publishReplacing(as: RecordName.deleted)
            if durability == .full { try folder.flush() }
        }
        try mapped(isAmbiguous: true) { () throws(FileSystemError) in
            try folder.unlink(request.key.name)
            try removeRecords(folder)
            if durability == .full { try folder.flush() }
        }
        return true
    }

    /// Only where no other archive stands in the folder: the records would be that one's, its retention included.
    private func removeRecords(_ folder: Directory) throws(FileSystemError) {
        let entries = try folder.entries()
        if entries.contains(where: { $0.kind != .folder && !$0.name.utf8.starts(with: RecordName.reserved.utf8) }) {
            return
        }
        try folder.unlink(RecordName.manifest)
        for entry in entries where entry.name.utf8.starts(with: RecordName.retainPrefix.utf8) {
            try folder.unlink(entry.name)
        }
    }

    /// A record as a staged, flushed file.
    private func stageRecord(_ record: JSONValue, in folder: Directory) throws(FileSystemError) -> StagedFile {
        let staged = try StagedFile.make(
            in: folder, mode: configuration.fileMode, isUnnamed: usesUnnamedFiles)
        do throws(FileSystemError) {
            try staged.file.write(JSONWriter.bytes(of: record))
            if durability != .none { try staged.file.flush() }
            return staged
        } catch {
            staged.discard()
            throw error
        }
    }

    package func sweep(olderThan age: Duration) async throws(StorageError) -> Int {
        let root = tree.root
        let limit = now().millisecondsSinceEpoch - Int64(age / .milliseconds(1))
        return try await blocking.run { () throws(StorageError) in
            try mapped { () throws(FileSystemError) in try LocalFileSweep(olderThan: limit).run(root) }
        }
    }
}

extension LocalFileStorageDriver: Retaining {
    package func retain(_ request: RetainRequest) async throws(StorageError) -> RetentionState {
        let driver = self
        return try await blocking.run { () throws(StorageError) in
            let absent = StorageError(.notFound, .permanent, "there is no such archive")
            guard let folder = try driver.tree.folder(of: request.key) else { throw absent }
            try mapped { () throws(FileSystemError) in try folder.lock() }
            defer { folder.unlock() }
            let archive = LocalFileArchive(key: request.key, folder: folder)
            guard let stored = try archive.stat() else {
                try driver.tree.place.check()
                throw absent
            }
            return try driver.retain(request, archive, stored)
        }
    }

    private func retain(
        _ request: RetainRequest, _ archive: LocalFileArchive, _ stored: StoredArchive
    ) throws(StorageError) -> RetentionState {
        let record = try ProtectionRecord.next(
            for: request, manifest: stored.manifest, records: try archive.records(), at: now())
        let folder = archive.folder
        if let record {
            try mapped { () throws(FileSystemError) in
                let staged = try stageRecord(record.json, in: folder)
                do throws(FileSystemError) {
                    try staged.publish(
                        as: RecordName.retain(request.taskID))
                } catch {
                    staged.discard()
                    throw error
                }
            }
        }
        // Also where the record stands already: its writer may have been killed before it was flushed.
        if durability == .full { try mapped(isAmbiguous: true) { () throws(FileSystemError) in try folder.flush() } }
        return RetentionState(stored.manifest, try archive.records())
    }
}
