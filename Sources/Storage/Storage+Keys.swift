import StowageContract

extension Storage {
    /// The key as the driver sees it, within the limits of the store.
    func stored(_ key: ArchiveKey) throws(StorageError) -> ArchiveKey {
        let full =
            prefix.isEmpty ? key : ArchiveKey(trusted: prefix + key.text)
        guard full.text.utf8.count <= capabilities.longestKeyBytes else {
            throw StorageError(
                .invalidTask, .permanent, "the key is longer than the store allows", at: .task,
                context: ["limit": String(capabilities.longestKeyBytes)])
        }
        if capabilities.longestSegmentBytes < 255 {
            for segment in full.segments where segment.utf8.count > capabilities.longestSegmentBytes {
                throw StorageError(
                    .invalidTask, .permanent, "a segment of the key is longer than the store allows", at: .task,
                    context: ["limit": String(capabilities.longestSegmentBytes)])
            }
        }
        return full
    }

    /// The key of the archive that a request makes.
    func key(of request: StoreRequest) throws(StorageError) -> ArchiveKey {
        if let key = request.key { return try stored(ArchiveKey.validated(key.text)) }
        return try stored(ArchiveKey.make(path: request.path, taskID: request.taskID, name: request.name))
    }

    /// The key that a task refers to, once it is clear that this storage is meant.
    func key(of reference: ArchiveReference) throws(StorageError) -> ArchiveKey {
        let key = try stored(ArchiveKey.validated(reference.key))
        if let wanted = reference.storeID, wanted != storeID {
            throw StorageError(
                .unavailable, .transient(after: nil), "another disk stands under the driver's name",
                context: ["wanted": wanted, "found": storeID ?? "none"])
        }
        return key
    }

    /// The key as tasks and handles see it.
    func shown(_ key: ArchiveKey) -> String {
        prefix.isEmpty ? key.text : String(Substring(key.text.utf8.dropFirst(prefix.utf8.count)))
    }

    /// The handle of an archive, made from its manifest.
    ///
    /// - Throws: `.unavailable` where the manifest is missing: unreadable is never "none".
    func handle(of archive: StoredArchive) throws(StorageError) -> ArchiveHandle {
        let manifest = try manifest(of: archive)
        var retention = archive.protection.retention
        if retention != nil, retention?.enforcedBy == nil {
            retention?.enforcedBy = capabilities.retention ? .store : .stowage
        }
        return ArchiveHandle(
            driver: name, key: shown(archive.key), name: manifest.name, size: manifest.size, sha256: manifest.sha256,
            digests: manifest.digests, mediaType: manifest.mediaType, storedAt: manifest.storedAt,
            taskID: manifest.taskID, version: archive.version, etag: archive.etag, storeID: storeID,
            retention: retention, legalHold: !archive.protection.holds.isEmpty, metadata: manifest.metadata,
            tier: archive.tier)
    }

    /// What was recorded with the archive.
    func manifest(of archive: StoredArchive) throws(StorageError) -> Manifest {
        guard let manifest = archive.manifest else {
            throw StorageError(.unavailable, .transient(after: nil), "the archive stands without its manifest")
        }
        return manifest
    }
}
