import Storage

extension SQLiteConnection {
    /// A committed archive with the upload that its bytes are in; `nil`: there is none.
    func archive(_ key: ArchiveKey) throws(StorageError) -> (stored: StoredArchive, upload: Int64)? {
        var found: (upload: Int64, size: Int64, manifest: [UInt8])?
        // As many bytes as there are, not as many as somebody wrote down.
        try run(
            """
            SELECT upload, manifest, coalesce((SELECT start + length(bytes) FROM chunk
                WHERE chunk.upload = archive.upload ORDER BY start DESC LIMIT 1), 0) FROM archive WHERE key = ?
            """, .text(key.text)
        ) { found = ($0.integer(0), $0.integer(2), $0.bytes(1)) }
        guard let found else { return nil }
        let manifest = try Manifest(bytes: found.manifest)
        let protection = RetentionState(manifest, try records(key))
        return (StoredArchive(key: key, size: found.size, manifest: manifest, protection: protection), found.upload)
    }

    /// What was added to an archive's protection since it was stored.
    func records(_ key: ArchiveKey) throws(StorageError) -> [ProtectionRecord] {
        var records: [ProtectionRecord] = []
        try run("SELECT record FROM protection WHERE key = ? ORDER BY rowid", .text(key.text)) {
            row throws(StorageError) in records.append(try ProtectionRecord(bytes: row.bytes(0)))
        }
        return records
    }

    /// The record of a deletion; `nil`: no archive under the key was ever deleted.
    func deletion(_ key: ArchiveKey) throws(StorageError) -> DeletionRecord? {
        var record: DeletionRecord?
        try run("SELECT record FROM deletion WHERE key = ?", .text(key.text)) { row throws(StorageError) in
            record = try DeletionRecord(bytes: row.bytes(0))
        }
        return record
    }
}
