import CSQLite
public import Storage
import StowageContract
import StrictCoding

extension SQLiteStorageDriver {
    public func write(
        _ request: WriteRequest, from body: any ArchiveBody
    ) async throws(StorageError) -> WriteReceipt {
        let upload = try await begin()
        do throws(StorageError) {
            var start: Int64 = 0
            while let chunk = try await body.next() {
                try await append(chunk, to: upload, at: start)
                start += Int64(chunk.count)
            }
            let manifest = try request.seal()
            try StorageError.checkCancellation()
            let archive = try await commit(upload, manifest, request)
            // Not proved here: `Storage` reads back what the configuration wants to have proved.
            return WriteReceipt(verified: nil, exclusive: .atomic, durability: durability, archive: archive)
        } catch {
            // What cannot be discarded now is swept later; the archive of a commit that came through stays.
            try? await discard(upload)
            throw error
        }
    }

    /// Another call's commit may have been killed before its flush; the next commit flushes all that went before.
    public func persist(_ key: ArchiveKey) async throws(StorageError) {
        let now = now().millisecondsSinceEpoch
        try await database.writing { connection throws(StorageError) in
            try connection.run(
                "UPDATE upload SET touched = ? WHERE id = (SELECT upload FROM archive WHERE key = ?)",
                .integer(now), .text(key.text))
        }
    }

    public func delete(_ request: DeleteRequest) async throws(StorageError) -> Bool {
        let (key, now) = (request.key, now())
        let upload = try await database.writing { connection throws(StorageError) -> Int64? in
            guard let found = try connection.archive(key) else { return nil }
            // Within the transaction, which keeps every `retain` out until the archive is gone.
            try request.admit(found.stored)
            // With the archive goes all but a record, by which a late copy of its store is known.
            let record = DeletionRecord(
                of: found.stored.manifest, request, at: now, earlier: try connection.deletion(key))
            try connection.run(
                "INSERT OR REPLACE INTO deletion VALUES (?, ?)", .text(key.text),
                .bytes(JSONWriter.bytes(of: record.json)))
            try connection.run("DELETE FROM protection WHERE key = ?", .text(key.text))
            try connection.run("DELETE FROM archive WHERE key = ?", .text(key.text))
            return found.upload
        }
        guard let upload else { return false }
        try? await discard(upload)
        return true
    }

    public func sweep(olderThan age: Duration) async throws(StorageError) -> Int {
        let limit = now().millisecondsSinceEpoch - Int64(age / .milliseconds(1))
        let uploads = try await database.reading { connection throws(StorageError) in
            var uploads: [Int64] = []
            try connection.run(
                "SELECT id FROM upload WHERE touched < ? AND id NOT IN (SELECT upload FROM archive)", .integer(limit)
            ) { uploads.append($0.integer(0)) }
            return uploads
        }
        for upload in uploads { try await discard(upload) }
        return uploads.count
    }

    private func begin() async throws(StorageError) -> Int64 {
        let now = now().millisecondsSinceEpoch
        return try await database.writing { connection throws(StorageError) in
            try connection.run("INSERT INTO upload (touched) VALUES (?)", .integer(now))
            return connection.lastRow
        }
    }

    private func append(_ chunk: [UInt8], to upload: Int64, at start: Int64) async throws(StorageError) {
        let now = now().millisecondsSinceEpoch
        try await database.writing { connection throws(StorageError) in
            try connection.run(
                "INSERT INTO chunk VALUES (?, ?, ?)", .integer(upload), .integer(start), .bytes(chunk))
            try connection.run("UPDATE upload SET touched = ? WHERE id = ?", .integer(now), .integer(upload))
        }
    }

    /// Makes the upload an archive, unless one stands there or the task's was deleted.
    private func commit(
        _ upload: Int64, _ manifest: Manifest, _ request: WriteRequest
    ) async throws(StorageError) -> StoredArchive {
        let key = request.key
        let folder = key.segments.dropLast().joined(separator: "/")
        return try await database.writing { connection throws(StorageError) in
            if let deletion = try connection.deletion(key), deletion.refuses(request.taskID) {
                throw deletion.refusal
            }
            var occupant: String?
            try connection.run("SELECT key FROM archive WHERE folder = ?", .text(folder)) { occupant = $0.text(0) }
            if let occupant {
                let isSame = ArchiveKey(trusted: occupant) == key
                throw StorageError(
                    .conflict, .permanent, "an archive of the task stands there",
                    context: isSame ? [:] : ["members": "name"])
            }
            try connection.run(
                "INSERT INTO archive VALUES (?, ?, ?, ?)", .text(key.text), .text(folder), .integer(upload),
                .bytes(manifest.bytes))
            guard let committed = try connection.archive(key) else { throw SQLiteErrors.error(SQLITE_CORRUPT) }
            return committed.stored
        }
    }

    /// Removes an upload that is no archive, a few chunks at a time so that others get their turn.
    private func discard(_ upload: Int64) async throws(StorageError) {
        var isDone = false
        while !isDone {
            isDone = try await database.writing { connection throws(StorageError) in
                try connection.run(
                    """
                    DELETE FROM chunk WHERE rowid IN (SELECT rowid FROM chunk WHERE upload = ?1 LIMIT 64)
                        AND NOT EXISTS (SELECT * FROM archive WHERE upload = ?1)
                    """, .integer(upload))
                guard connection.changes == 0 else { return false }
                try connection.run(
                    "DELETE FROM upload WHERE id = ?1 AND NOT EXISTS (SELECT * FROM archive WHERE upload = ?1)",
                    .integer(upload))
                return true
            }
        }
    }
}
