import Cryptography
package import Storage
import StowageContract
import StrictCoding

extension S3StorageDriver {
    /// The record comes first: once the archive is gone, nothing may let a late copy of its store bring it back.
    package func delete(_ request: DeleteRequest) async throws(StorageError) -> Bool {
        let key = request.key
        let deleting = key.s3Folder + S3Names.deletingPrefix + request.taskID.text
        guard let stored = try await stat(key, version: request.version) else {
            // What a killed delivery left is ended, but nothing was deleted that anybody had been told of.
            let folder = try await look(key)
            try await removeRecords(of: key, folder)
            if folder.records.contains(S3Names.deletingPrefix + request.taskID.text) { try await remove(deleting) }
            return false
        }
        try request.admit(stored)
        // Where we enforce protection ourselves: a `retain` that comes from now on sees that we are at it, and one that
        // came before is seen here.
        if !facts.locks {
            try await bucket.put(deleting, [])
            do throws(StorageError) {
                guard let again = try await stat(key, version: request.version) else {
                    try await remove(deleting)
                    return false
                }
                try request.admit(again)
            } catch {
                try await remove(deleting)
                throw error
            }
        }
        let earlier = try await deletion(of: key)
        let record = DeletionRecord(of: stored.manifest, request, at: now(), earlier: earlier)
        try await bucket.put(key.s3Folder + RecordName.deleted, JSONWriter.bytes(of: record.json))
        do throws(StorageError) {
            try await removeArchive(key, version: stored.version)
        } catch {
            // Only a refusal is known to have changed nothing.
            if error.code == .retained { try await restore(earlier, of: key) }
            throw error
        }
        try await removeRecords(of: key, try await look(key))
        if !facts.locks { try await remove(deleting) }
        return true
    }

    private func deletion(of key: ArchiveKey) async throws(StorageError) -> DeletionRecord? {
        guard let (_, bytes) = try await bucket.get(key.s3Folder + RecordName.deleted) else { return nil }
        return try DeletionRecord(bytes: bytes)
    }

    private func restore(_ record: DeletionRecord?, of key: ArchiveKey) async throws(StorageError) {
        let name = key.s3Folder + RecordName.deleted
        guard let record else { return try await remove(name) }
        try await bucket.put(name, JSONWriter.bytes(of: record.json))
    }

    /// Removes what others of our writers have put above the first version, then that: it stands until the end.
    private func removeArchive(_ key: ArchiveKey, version: String?) async throws(StorageError) {
        do throws(StorageError) {
            guard facts.isVersioned, let version else { return try await bucket.delete(key.text, version: version) }
            for later in try await bucket.allVersions(of: key.text) where later.version != version {
                guard let object = try await bucket.head(key.text, version: later.version),
                    object.manifest != .nowhere
                else { continue }
                try await bucket.delete(key.text, version: later.version)
            }
            try await bucket.delete(key.text, version: version)
        } catch {
            guard error.code == .permissionDenied, facts.locks,
                let object = try await bucket.head(key.text, version: version)
            else { throw error }
            var context = error.context
            if let retention = object.retention, retention.until > now() {
                context["until"] = retention.until.text
                context["mode"] = retention.mode.rawValue
                throw StorageError(.retained, .permanent, "a retention forbids it", context: context)
            }
            guard object.isHeld else { throw error }
            throw StorageError(.retained, .permanent, "a legal hold forbids it", context: context)
        }
    }

    /// Removes manifests and records of protection, where no other archive stands in the folder that they could be of.
    private func removeRecords(of key: ArchiveKey, _ folder: S3Folder) async throws(StorageError) {
        guard !folder.hasArchive, folder.others.isEmpty else { return }
        for name in folder.records where !S3Names.outlivesArchive(name) {
            try await remove(key.s3Folder + name)
        }
    }
}
