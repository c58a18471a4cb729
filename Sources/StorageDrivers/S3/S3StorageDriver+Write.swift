import Cryptography
import ServiceRuntime
package import Storage
import StowageContract
import Transfer
import XML

extension S3StorageDriver {
    package func write(
        _ request: WriteRequest, from body: any ArchiveBody
    ) async throws(StorageError) -> WriteReceipt {
        let plan = plan(size: request.size)
        let reader = S3PartReader(body)
        guard (request.size ?? 0) <= Int64(plan.bytes(ofPart: 1)) else {
            let folder = try await admit(request)
            let options = try S3WriteOptions(request, configuration, at: now())
            return try await S3MultipartWrite(
                driver: self, request: request, options: options, reader: reader, plan: plan, folder: folder,
                resumable: nil
            ).run()
        }
        let way = try await looks.among { () async throws(StorageError) in
            try await writeAtOnce(request, reader, plan)
        }
        switch way {
        case .written(let receipt): return receipt
        case .longer(let write, let first): return try await write.run(after: first)
        }
    }

    /// What came of an archive that may fit into one request.
    private enum WayOfWriting {
        case written(WriteReceipt)
        /// There is more of it than anybody said.
        case longer(S3MultipartWrite, after: S3MultipartWrite.Held)
    }

    private func writeAtOnce(
        _ request: WriteRequest, _ reader: S3PartReader, _ plan: S3PartPlan
    ) async throws(StorageError) -> WayOfWriting {
        let folder = try await admit(request)
        let options = try S3WriteOptions(request, configuration, at: now())
        let first = plan.bytes(ofPart: 1)
        let share = try await held(min(first, Int(request.size ?? Int64(first))))
        let part = try await reader.part(first)
        guard try await reader.isDrained() else {
            let write = S3MultipartWrite(
                driver: self, request: request, options: options, reader: reader, plan: plan, folder: folder,
                resumable: nil)
            return .longer(write, after: (part, share))
        }
        let manifest = try request.seal()
        // What was hashed on the way here are the same bytes.
        let receipt = try await put(request, manifest, options, .part(S3Part(part, digests, sha256: manifest.sha256)))
        return withExtendedLifetime(share) { .written(receipt) }
    }

    /// How an archive of so many bytes (`nil`: nobody knows) is cut.
    func plan(size: Int64?) -> S3PartPlan {
        S3PartPlan(size: size, wanted: configuration.partSizeBytes, mostHeldBytes: policy.heldPartBytes)
    }

    /// Digests that are needed to send parts.
    var digests: S3Part.Digests {
        S3Part.Digests(
            md5: checksum == .md5, sha256: bucket.client.signsPayloads || checksum == .sha256,
            crc32c: checksum == .crc32c)
    }

    /// Room for so many bytes in memory.
    func held(_ bytes: Int) async throws(StorageError) -> ByteBudget.Share {
        do throws(CancellationError) { return try await budget.acquire(bytes) } catch { throw StorageError.cancelled }
    }

    /// Where the bytes of an archive come from that is made at once.
    enum Content {
        case part(S3Part)
        case copy(S3Original)
    }

    /// Makes an archive at once.
    func put(
        _ request: WriteRequest, _ manifest: Manifest, _ options: S3WriteOptions, _ content: Content
    ) async throws(StorageError) -> WriteReceipt {
        var headers = options.headers(request, locks: facts.locks)
        var beside: String?
        if let text = S3ManifestHeader.encode(manifest) {
            headers.add(S3ManifestHeader.inside, text)
        } else {
            let name = RecordName.reserved + "-" + RandomBytes.hexadecimal(8) + ".json"
            headers.add(S3ManifestHeader.beside, name)
            beside = request.key.s3Folder + name
        }
        headers.add(S3ManifestHeader.sha256, manifest.sha256)
        configuration.encryption?.addCreating(to: &headers)
        switch content {
        case .part(let part):
            if trailer == nil { checksum.add(of: part, to: &headers) }
            if facts.takesConditions { headers.add("If-None-Match", "*") }
        case .copy(let original):
            for field in original.headers().fields { headers.add(field.name, field.value) }
            headers.add(S3ManifestHeader.copy, RandomBytes.hexadecimal(8))
            headers.add("x-amz-metadata-directive", "REPLACE")
            headers.add("x-amz-tagging-directive", "REPLACE")
        }
        if let beside { try await bucket.put(beside, manifest.bytes) }
        do throws(StorageError) {
            try StorageError.checkCancellation()
            let made = try await make(request, headers, content)
            return try await StorageError.afterEffect { () async throws(StorageError) in
                try await ensureAlone(request.key, version: made.version, etag: made.etag)
                var verified: Verification? = made.isProved ? .server : nil
                if case .copy = content {
                    verified = try await proveCopy(request, manifest, version: made.version)
                    // Not every store heeds the directive; else it has those of the original.
                    try await bucket.tag(request.key.text, version: made.version, options.tags)
                }
                return try await receipt(
                    request, manifest, options, etag: made.etag, version: made.version, verified: verified)
            }
        } catch {
            // Only where nothing can need it: an archive that may stand has its manifest there.
            if let beside, error.code == .conflict, !error.isAmbiguous { try? await remove(beside) }
            throw error
        }
    }

    /// The request that makes the object, and what its answer says of it.
    private func make(
        _ request: WriteRequest, _ headers: TransferHeaders, _ content: Content
    ) async throws(StorageError) -> (etag: String?, version: String?, isProved: Bool) {
        var call = S3Call("PUT", request.key.text, headers: headers)
        call.worked = request.worked
        switch content {
        case .part(let part):
            call.body = .part(part)
            call.trailer = trailer
            let sending = call
            let headers = try await looks.during { () async throws(StorageError) in
                try await bucket.client.send(sending).headers
            }
            return (
                headers["ETag"].map { S3Object.bareTag($0) }, S3Object.realVersion(headers["x-amz-version-id"]),
                try checksum.isProved(part, headers, configuration)
            )
        case .copy:
            do throws(StorageError) {
                let answer = try await bucket.client.send(call)
                let etag = try await StorageError.afterEffect { () async throws(StorageError) in
                    try answer.document()["ETag"].map { S3Object.bareTag($0.text) }
                }
                var version = S3Object.realVersion(answer.headers["x-amz-version-id"])
                if version == nil, facts.exclusivity == .firstVersion {
                    version = try await self.version(of: request.key, marked: headers[S3ManifestHeader.copy])
                }
                return (etag, version, false)
            } catch {
                throw error.ofCopy()
            }
        }
    }

    /// Whether an archive that was just sent at once is the one under its key, and stays it.
    private func ensureAlone(_ key: ArchiveKey, version: String?, etag: String?) async throws(StorageError) {
        if facts.exclusivity == .atomic, facts.completesExclusively || facts.isVersioned { return }
        guard facts.isVersioned || looks.areShared else {
            try await ensureUnclaimed(key)
            return try await ensureFirst(key, version: version, etag: etag)
        }
        let folder = try await look(key)
        if folder.records.contains(RecordName.manifest) { try await ensureUnclaimed(key) }
        if facts.isVersioned, let version, folder.firstVersion == version { return }
        try await ensureFirst(key, version: version, etag: etag)
    }

    /// Whether no upload in parts for the same key may be about to be completed over an archive that was sent at once.
    ///
    /// Its writer has left a claim before he looked for an archive. Nobody can say whether he has seen this one.
    /// - Throws: `.unavailable`: a later delivery finds out, when either stands alone.
    func ensureUnclaimed(_ key: ArchiveKey) async throws(StorageError) {
        guard !facts.completesExclusively, !facts.isVersioned,
            let claim = try await standingManifest(key.s3Folder + RecordName.manifest), !isOver(since: claim.modified)
        else { return }
        throw StorageError(
            .unavailable, .transient(after: nil), "another write of the same key is about to be completed")
    }

    /// Whether what was just written is the first thing under its key, where the store did not see to that.
    ///
    /// - Throws: `.conflict`; what was written is removed then, as far as the store lets us.
    func ensureFirst(_ key: ArchiveKey, version: String?, etag: String?) async throws(StorageError) {
        switch facts.exclusivity {
        case .atomic: return
        case .firstVersion:
            guard let first = try await firstVersion(of: key.text), let version, first.version != version else {
                return
            }
            try? await bucket.delete(key.text, version: version)
            var error = Self.taken
            error.context["version"] = version
            throw error
        case .checked:
            guard try await bucket.head(key.text)?.etag == etag else { throw Self.taken }
        }
    }

    private func written(_ key: ArchiveKey, _ version: String?) async throws(StorageError) -> S3Object {
        guard let object = try await bucket.head(key.text, version: version) else {
            throw StorageError(
                .unavailable, .transient(after: nil), "the archive is not there after it was written", isAmbiguous: true
            )
        }
        return object
    }

    /// What is said of an archive that was written; a lock is read back and compared.
    func receipt(
        _ request: WriteRequest, _ manifest: Manifest, _ options: S3WriteOptions, etag: String?, version: String?,
        verified: Verification?
    ) async throws(StorageError) -> WriteReceipt {
        let archive: StoredArchive
        if facts.locks {
            var object = try await written(request.key, version)
            // Ceph forgets what an upload in parts was begun with.
            if !options.isMet(by: object) {
                try await lock(request.key.text, version: version, options)
                object = try await written(request.key, version)
            }
            try options.check(object)
            archive = try await self.archive(request.key, object)
        } else {
            archive = StoredArchive(
                key: request.key, size: manifest.size, manifest: manifest,
                protection: RetentionState(manifest, []), version: version, etag: etag,
                tier: S3Object.realClass(options.storageClass))
        }
        return WriteReceipt(
            verified: verified, exclusive: facts.exclusivity.contract, durability: durability, archive: archive)
    }
}

extension StorageError {
    /// Does what follows when an archive stands: what fails for the moment leaves it standing.
    ///
    /// Errors that may pass become ambiguous. A refusal, and bytes that are wrong, come when it was looked at.
    static func afterEffect<Value>(
        _ body: () async throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        do throws(StorageError) {
            return try await body()
        } catch {
            var error = error
            if error.code == .cancelled || error.retry != .permanent && error.code != .integrityMismatch {
                error.isAmbiguous = true
            }
            throw error
        }
    }
}
