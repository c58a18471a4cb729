import ServiceRuntime
package import Storage
package import StowageContract

extension S3StorageDriver {
    package func capacity() async throws(StorageError) -> StoreCapacity {
        try await bucket.usage() ?? StoreCapacity()
    }

    /// Times are those of the store, in whole seconds with some of them: a page is one request, not one for each entry.
    package func list(prefix: String, after: String?, limit: Int) async throws(StorageError) -> ArchivePage {
        var listing = S3Listing(after: after, limit: limit)
        var next: S3Page.Next? = after.map { .marker(key: $0, version: nil) }
        repeat {
            let page: S3Page
            switch next {
            case .token(let token): page = try await bucket.objects(prefix, token: token)
            case .marker(let key, let version) where facts.isVersioned:
                page = try await bucket.versions(prefix, from: (key, version))
            case .marker(let key, _): page = try await bucket.objects(prefix, after: key)
            case nil:
                page = facts.isVersioned ? try await bucket.versions(prefix) : try await bucket.objects(prefix)
            }
            listing.take(page.entries)
            next = page.next
        } while next != nil && !listing.isFull
        return listing.page(isComplete: next == nil)
    }

    package func sweep(olderThan age: Duration) async throws(StorageError) -> Int {
        let limit = Timestamp(millisecondsSinceEpoch: now().millisecondsSinceEpoch - age.milliseconds)
        var swept = 0
        for upload in try await bucket.uploads("") where upload.initiated < limit {
            let key = ArchiveKey(trusted: upload.key)
            // A bucket may have other users: only what stands beside our own note or archive is ours to end.
            guard key.folderTask != nil else { continue }
            if try await bucket.head(key.s3Folder + S3Names.upload) == nil {
                guard let object = try await find(key, version: nil), object.manifest != .nowhere else { continue }
            }
            try await bucket.abort(upload)
            swept += 1
            try await removeNotes(of: key, upload: upload)
        }
        return swept
    }

    /// Removes what stands beside an upload that is over: our note, and the manifest of an archive that will not come.
    func removeNotes(of key: ArchiveKey, upload: S3Upload) async throws(StorageError) {
        let note = key.s3Folder + S3Names.upload
        let noted = try await bucket.get(note).flatMap { S3Checkpoint($0.bytes)?.progress?.uploadID }
        // Another upload may have begun since.
        if noted == nil || noted == upload.id { try await remove(note) }
        let manifest = key.s3Folder + RecordName.manifest
        if let claim = try await standingManifest(manifest), claim.uploadID == upload.id,
            try await find(key, version: nil) == nil
        {
            try await bucket.delete(manifest, version: claim.version)
        }
    }

    /// Removes an object with all its versions.
    func remove(_ key: String) async throws(StorageError) {
        guard facts.isVersioned else { return try await bucket.delete(key) }
        for version in try await bucket.allVersions(of: key) { try await bucket.delete(key, version: version.version) }
    }
}
