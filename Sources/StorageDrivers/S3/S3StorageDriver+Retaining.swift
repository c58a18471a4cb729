package import Storage
import StowageContract
import StrictCoding

extension S3StorageDriver: Retaining {
    package func retain(_ request: RetainRequest) async throws(StorageError) -> RetentionState {
        let absent = StorageError(.notFound, .permanent, "there is no such archive")
        guard let object = try await find(request.key, version: request.version) else { throw absent }
        let manifest = try await archive(request.key, object).manifest
        let records = try await records(of: request.key)
        let record = try ProtectionRecord.next(for: request, manifest: manifest, records: records, at: now())
        if let record {
            // A store may hold to more than our records say: its own default, or somebody else's order.
            if facts.locks { try RetentionState(retention: object.retention).checkExtension(request.retention) }
            try await write(record, for: request.key)
        }
        if facts.locks {
            try await enforce(
                RetentionState(manifest, records + [record].compactMap { $0 }), on: request.key, object,
                mayRelease: !request.releases.isEmpty)
        } else {
            try await ensureUndeleted(request.key, without: record)
        }
        guard let after = try await find(request.key, version: request.version ?? object.version) else { throw absent }
        let state = try await protection(of: request.key, after, manifest)
        if facts.locks { try check(state, request) }
        return state
    }

    private func write(_ record: ProtectionRecord, for key: ArchiveKey) async throws(StorageError) {
        do throws(StorageError) {
            try await bucket.put(
                key.s3Folder + RecordName.retain(record.taskID), JSONWriter.bytes(of: record.json),
                onlyIfAbsent: facts.takesConditions)
        } catch {
            // Another delivery of the same task was faster; what it wrote is compared when it is read.
            guard error.code == .conflict else { throw error }
        }
    }

    /// Has the store enforce what the records say, and no less than it does: of the archive, and of a manifest beside it.
    ///
    /// `mayRelease`: a hold that nobody of ours has any more ends; else it may be somebody else's.
    func enforce(
        _ wanted: RetentionState, on key: ArchiveKey, _ object: S3Object, mayRelease: Bool
    ) async throws(StorageError) {
        try await enforce(wanted, on: key.text, object, mayRelease)
        guard case .beside(let name) = object.manifest else { return }
        let beside = key.s3Folder + name
        guard let standing = try await standingManifest(beside),
            let manifest = try await bucket.head(beside, version: standing.version)
        else { return }
        try await enforce(wanted, on: beside, manifest, mayRelease)
    }

    private func enforce(
        _ wanted: RetentionState, on key: String, _ object: S3Object, _ mayRelease: Bool
    ) async throws(StorageError) {
        if var retention = wanted.retention, !object.isRetained(as: retention) {
            if let current = object.retention { retention.until = max(retention.until, current.until) }
            try await bucket.retain(key, version: object.version, retention)
        }
        if !wanted.holds.isEmpty, !object.isHeld {
            try await bucket.hold(key, version: object.version, true)
        } else if wanted.holds.isEmpty, object.isHeld, mayRelease {
            try await bucket.hold(key, version: object.version, false)
        }
    }

    /// Whether the store says what it was told.
    private func check(_ state: RetentionState, _ request: RetainRequest) throws(StorageError) {
        if let asked = request.retention, state.retention.map({ $0.until < asked.until }) ?? true {
            throw StorageError(
                .unsupported, .permanent, "the store did not put the retention in force",
                context: ["asked": asked.until.text, "found": state.retention?.until.text ?? "none"])
        }
        if request.hold, state.holds.isEmpty {
            throw StorageError(.unsupported, .permanent, "the store did not put the legal hold in force")
        }
    }

    /// Withdraws a record that came after a deletion had begun: it looks at records once more, after its own note.
    private func ensureUndeleted(
        _ key: ArchiveKey, without record: ProtectionRecord?
    ) async throws(StorageError) {
        let page = try await bucket.objects(key.s3Folder + S3Names.deletingPrefix)
        guard let first = page.entries.first else { return }
        if let record { try await remove(key.s3Folder + RecordName.retain(record.taskID)) }
        throw StorageError(
            .unavailable, .transient(after: nil), "the archive is being deleted",
            context: ["by": ArchiveKey(trusted: first.key).name])
    }
}
