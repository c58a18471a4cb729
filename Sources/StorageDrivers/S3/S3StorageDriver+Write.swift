import Cryptography
import ServiceRuntime
package import Storage
import StowageContract
import Transfer

extension S3StorageDriver {
    package func write(
        _ request: WriteRequest, from body: any ArchiveBody
    ) async throws(StorageError) -> WriteReceipt {
        let folder = try await admit(request)
        let options = try S3WriteOptions(request, configuration, at: now())
        let reader = S3PartReader(body, digests)
        let plan = S3PartPlan(size: request.size, wanted: configuration.partSizeBytes)
        guard (request.size ?? 0) <= Int64(plan.bytes(ofPart: 1)) else {
            return try await S3MultipartWrite(
                driver: self, request: request, options: options, reader: reader, plan: plan, folder: folder,
                resumable: nil
            ).run()
        }
        let first = plan.bytes(ofPart: 1)
        let share = try await held(min(first, Int(request.size ?? Int64(first))))
        let part = try await reader.part(first)
        guard try await reader.isDrained() else {
            return try await S3MultipartWrite(
                driver: self, request: request, options: options, reader: reader, plan: plan, folder: folder,
                resumable: nil
            ).run(after: (part, share))
        }
        let receipt = try await put(request, options, part)
        return withExtendedLifetime(share) { receipt }
    }

    /// Digests that parts need besides MD5.
    var digests: S3PartReader.Digests {
        S3PartReader.Digests(
            sha256: bucket.client.signsPayloads || configuration.checksum == .sha256,
            crc32c: configuration.checksum == .crc32c)
    }

    /// Room for so many bytes in memory.
    func held(_ bytes: Int) async throws(StorageError) -> ByteBudget.Share {
        do throws(CancellationError) { return try await budget.acquire(bytes) } catch { throw StorageError.cancelled }
    }

    /// Sends an archive at once.
    private func put(
        _ request: WriteRequest, _ options: S3WriteOptions, _ part: S3Part
    ) async throws(StorageError) -> WriteReceipt {
        let manifest = try request.seal()
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
        configuration.checksum.add(of: part, to: &headers)
        if facts.takesConditions { headers.add("If-None-Match", "*") }
        if let beside { try await bucket.put(beside, manifest.bytes) }
        do throws(StorageError) {
            try StorageError.checkCancellation()
            var call = S3Call("PUT", request.key.text, headers: headers, body: .part(part))
            call.worked = request.worked
            let answer = try await bucket.client.send(call)
            let version = S3Object.realVersion(answer.headers["x-amz-version-id"])
            let isProved = try configuration.checksum.isProved(part, answer.headers, configuration)
            let etag = answer.headers["ETag"].map { S3Object.bareTag($0) }
            return try await StorageError.afterEffect { () async throws(StorageError) in
                try await ensureUnclaimed(request.key)
                try await ensureFirst(request.key, version: version, etag: etag)
                return try await receipt(
                    request, manifest, options, etag: etag, version: version, verified: isProved ? .server : nil)
            }
        } catch {
            // Only where nothing can need it: an archive that may stand has its manifest there.
            if let beside, error.code == .conflict, !error.isAmbiguous { try? await remove(beside) }
            throw error
        }
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
