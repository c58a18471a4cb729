import Cryptography
import Storage
import StowageContract
import StrictCoding
import Transfer

extension S3MultipartWrite {
    /// Makes an archive of the parts.
    ///
    /// The manifest stands before, exclusively: whoever finds it there with other bytes does not complete, which makes
    /// the completion exclusive in stores that do not look what it replaces.
    func commit(_ session: inout Session, _ sealed: Manifest) async throws(StorageError) -> WriteReceipt {
        try StorageError.checkCancellation()
        let (manifest, manifestVersion) = try await claim(sealed, session.upload)
        if try await driver.find(request.key, version: nil) != nil { throw S3StorageDriver.taken }
        try StorageError.checkCancellation()
        session.mayStand = true
        let completed = try await bucket.complete(
            session.upload, session.ledger.parts, onlyIfAbsent: driver.facts.takesConditions)
        request.worked()
        let (done, current) = (completed, session)
        let receipt = try await StorageError.afterEffect { () async throws(StorageError) in
            let version = done.version
            // Another writer has completed the same upload: who asks second is not told which version it became.
            if driver.facts.exclusivity == .firstVersion, version == nil { throw S3StorageDriver.taken }
            var etag = done.etag
            // Ceph 16 leaves it out when it has to be asked for the same twice.
            if etag?.isEmpty ?? true { etag = try await bucket.head(request.key.text, version: version)?.etag }
            try await driver.ensureFirst(request.key, version: version, etag: etag)
            let verified = try await prove(current, manifest, version)
            // Ceph 16 forgets those that the upload was begun with.
            if !options.tags.isEmpty { try await bucket.tag(request.key.text, version: version, options.tags) }
            if driver.facts.locks {
                try await driver.lock(request.key.s3Folder + RecordName.manifest, version: manifestVersion, options)
            }
            return try await driver.receipt(
                request, manifest, options, etag: etag, version: version, verified: verified)
        }
        await driver.tidy(request.key)
        return receipt
    }

    /// Puts the manifest beside the archive that is to come, or finds that of an equal write there.
    ///
    /// - Returns: the manifest that stands, and its version.
    private func claim(
        _ manifest: Manifest, _ upload: S3Upload
    ) async throws(StorageError) -> (Manifest, String?) {
        let key = request.key.s3Folder + RecordName.manifest
        for _ in 1...3 {
            do throws(StorageError) {
                var headers: TransferHeaders = [(S3ManifestHeader.upload, upload.id)]
                headers.add("x-amz-meta-sha256", manifest.sha256)
                if try await driver.standingManifest(key) == nil {
                    try await bucket.put(
                        key, manifest.bytes, headers: headers, onlyIfAbsent: driver.facts.takesConditions)
                }
            } catch {
                guard error.code == .conflict else { throw error }
            }
            guard let standing = try await driver.standingManifest(key) else { continue }
            let theirs = standing.manifest
            if theirs.sha256.hasSameBytes(as: manifest.sha256),
                theirs.fingerprint.hasSameBytes(as: manifest.fingerprint),
                theirs.taskID == manifest.taskID
            {
                return (theirs, standing.version)
            }
            // Another write of the same key has sealed other bytes. It may be about to complete: there are stores that
            // lose parts where an upload is ended and completed at the same time (Ceph 16).
            guard driver.isOver(since: standing.modified) else {
                throw StorageError(
                    .unavailable, .transient(after: nil), "another write of the same key is about to be completed")
            }
            if let id = standing.uploadID, id != upload.id {
                try await bucket.abort(S3Upload(key: request.key.text, id: id, initiated: upload.initiated))
            }
            if try await driver.find(request.key, version: nil) != nil { throw S3StorageDriver.taken }
            try await bucket.delete(key, version: standing.version)
        }
        throw StorageError(
            .unavailable, .transient(after: nil), "other writes of the same key keep taking its manifest away")
    }

    /// How the bytes in the store are proved; after a resumption by reading them all.
    private func prove(
        _ session: Session, _ manifest: Manifest, _ version: String?
    ) async throws(StorageError) -> Verification? {
        if original != nil { return try await driver.proveCopy(request, manifest, version: version) }
        guard session.ledger.isResumed else {
            return session.ledger.parts.allSatisfy(\.isProved) ? .server : nil
        }
        try await driver.reread(request, manifest, version: version)
        return .reread
    }
}

extension S3StorageDriver {
    /// Removes what uploads have left beside an archive that stands.
    ///
    /// libcurl may have begun one that nobody knows of: it asks a second time where a connection that was used before
    /// breaks without an answer. One with parts may be about to be completed by another delivery: the sweep ends it.
    func tidy(_ key: ArchiveKey) async {
        try? await remove(key.s3Folder + S3Names.upload)
        guard let uploads = try? await bucket.uploads(key.text) else { return }
        for upload in uploads where upload.key.hasSameBytes(as: key.text) {
            guard let parts = try? await bucket.parts(of: upload), parts.isEmpty || isOver(since: upload.initiated)
            else { continue }
            try? await bucket.abort(upload)
        }
    }

    /// Whether whatever was under way at that time of the store's has ended by now: a request whose signature is older
    /// than 15 minutes is refused, and no completion takes the rest of the hour.
    func isOver(since time: Timestamp?) -> Bool {
        guard let time else { return false }
        return bucket.client.time.millisecondsSinceEpoch - time.millisecondsSinceEpoch > 3_600_000
    }
}
