package import StowageContract
import StrictCoding

extension Storage {
    /// Removes an archive; returns whether there was one.
    ///
    /// - Throws: `.retained` while a retention (`until` in the context) or a hold (`holds`) forbids it.
    package func delete(
        _ reference: ArchiveReference, taskID: TaskID, reason: String? = nil
    ) async throws(StorageError) -> Bool {
        let key = try key(of: reference)
        if settings.readOnly { throw StorageError(.readOnly, .permanent, "the driver takes no writes") }
        return try await withSlot { () async throws(StorageError) in
            let admit = { @Sendable (archive: StoredArchive) throws(StorageError) in
                // A retention stands in the manifest: one that cannot be read is never "none".
                let manifest = try self.manifest(of: archive)
                try self.checkProtection(archive.protection)
                try self.check(reference, manifest)
            }
            if let archive = try await driverStat(key, version: reference.version) { try admit(archive) }
            // An absent archive is passed on too: an earlier delivery may have been killed halfway. The driver looks
            // again where no `retain` can come in between any more.
            let request = DeleteRequest(
                key: key, version: reference.version, taskID: taskID, reason: reason, admit: admit)
            return try await call(.delete, isReplayable: false) { () async throws(StorageError) in
                try await driver.delete(request)
            }
        }
    }

    /// Adds to what protects an archive; returns what is in force afterwards.
    ///
    /// What would loosen the protection is the driver's to refuse: it alone can tell a repetition from a new request.
    ///
    /// - Throws: `.conflict` for an earlier end; `.notFound`; `.unsupported` where the driver keeps no such records.
    package func retain(_ data: RetainData, taskID: TaskID) async throws(StorageError) -> RetentionState {
        let key = try key(of: data.archive)
        if settings.readOnly { throw StorageError(.readOnly, .permanent, "the driver takes no writes") }
        guard let retaining = driver as? any Retaining else {
            throw StorageError(.unsupported, .permanent, "the driver cannot prolong a retention")
        }
        if data.retention?.enforcedBy == .store, !capabilities.retention {
            throw StorageError(.unsupported, .permanent, "the store cannot enforce a retention")
        }
        let version = data.archive.version
        return try await withSlot { () async throws(StorageError) in
            guard let archive = try await driverStat(key, version: version) else {
                throw StorageError(.notFound, .permanent, "there is no such archive")
            }
            try check(data.archive, try manifest(of: archive))
            let request = RetainRequest(
                key: key, version: version, taskID: taskID, retention: data.retention, hold: data.legalHold ?? false,
                releases: data.releases)
            var state = try await call(.retain) { () async throws(StorageError) in
                try await retaining.retain(request)
            }
            if state.retention != nil, state.retention?.enforcedBy == nil {
                state.retention?.enforcedBy = capabilities.retention ? .store : .stowage
            }
            return state
        }
    }

    /// A hold is named before a retention: it stands when the retention is long over.
    private func checkProtection(_ protection: RetentionState) throws(StorageError) {
        var context: [String: String] = [:]
        if let retention = protection.retention, retention.until > environment.now {
            context = ["until": retention.until.text, "mode": retention.mode.rawValue]
        }
        if !protection.holds.isEmpty {
            context["holds"] = protection.holds.map(\.text).joined(separator: ", ")
            throw StorageError(.retained, .permanent, "a legal hold forbids it", context: context)
        }
        if !context.isEmpty { throw StorageError(.retained, .permanent, "a retention forbids it", context: context) }
    }
}
