package import Storage
import StowageContract
import Transfer
import XML

extension S3Bucket {
    /// Sets how long a version must be kept.
    func retain(_ key: String, version: String?, _ retention: Retention) async throws(StorageError) {
        let document = try S3Document.make("Retention") { writer throws(XMLError) in
            try writer.element("Mode", retention.mode.rawValue.uppercased())
            try writer.element("RetainUntilDate", retention.until.wholeSecond.text)
        }
        let query = [S3Query("retention")] + Self.version(version)
        try await client.send(S3Call.document("PUT", key, query, document))
    }

    /// Holds a version until further notice, or no longer.
    func hold(_ key: String, version: String?, _ isHeld: Bool) async throws(StorageError) {
        let document = try S3Document.make("LegalHold") { writer throws(XMLError) in
            try writer.element("Status", isHeld ? "ON" : "OFF")
        }
        let query = [S3Query("legal-hold")] + Self.version(version)
        try await client.send(S3Call.document("PUT", key, query, document))
    }
}

extension S3StorageDriver {
    /// Protects an object as an archive is.
    func lock(_ key: String, version: String?, _ options: S3WriteOptions) async throws(StorageError) {
        if let retention = options.retention { try await bucket.retain(key, version: version, retention) }
        if options.isHeld { try await bucket.hold(key, version: version, true) }
    }

    /// What protects an archive now.
    ///
    /// A store that locks says so itself, all but whose holds they are; elsewhere the records do.
    func protection(
        of key: ArchiveKey, _ object: S3Object, _ manifest: Manifest?
    ) async throws(StorageError) -> RetentionState {
        guard facts.locks else { return RetentionState(manifest, try await records(of: key)) }
        var state = RetentionState(retention: object.retention)
        guard object.isHeld else { return state }
        state.holds = RetentionState(manifest, try await records(of: key)).holds
        // Somebody else has set it: it bears the name of the task that stored the archive.
        if state.holds.isEmpty, let task = manifest?.taskID ?? key.folderTask { state.holds = [task] }
        return state
    }

    /// All records of retention.
    func records(of key: ArchiveKey) async throws(StorageError) -> [ProtectionRecord] {
        var records: [ProtectionRecord] = []
        var token: String?
        repeat {
            let page = try await bucket.objects(key.s3Folder + RecordName.retainPrefix, token: token)
            for entry in page.entries {
                guard let (_, bytes) = try await bucket.get(entry.key) else { continue }
                records.append(try ProtectionRecord(bytes: bytes))
            }
            token = if case .token(let next) = page.next { next } else { nil }
        } while token != nil
        return records
    }

    /// Ends what a writer who was killed right after the archive's commit has left undone: its lock, and what lies beside
    /// it.
    package func persist(_ key: ArchiveKey) async throws(StorageError) {
        let folder = try await look(key)
        if folder.records.contains(S3Names.upload) { await tidy(key) }
        guard facts.locks || folder.records.contains(RecordName.manifest),
            let object = try await find(key, version: nil)
        else { return }
        if object.manifest != .beside(RecordName.manifest) { try await ensureUnclaimed(key) }
        guard facts.locks, let manifest = try await archive(key, object).manifest else { return }
        let holds = RetentionState(manifest, try await records(of: key)).holds
        try await enforce(
            RetentionState(retention: manifest.retention, holds: holds), on: key, object, mayRelease: false)
    }
}
