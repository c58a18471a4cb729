import Cryptography
import StowageContract
import StrictCoding

extension Storage {
    /// Answers a request whose archive stands already: success where it is the same request and the same bytes.
    ///
    /// `taken` is what this delivery has read of the source already.
    func settle(
        _ existing: StoredArchive, _ draft: StoreDraft, _ source: any ArchiveSource,
        taken: HashingBody.Total? = nil
    ) async throws(StorageError) -> StoreReceipt {
        let manifest = try manifest(of: existing)
        try compare(draft, with: manifest)
        let total: HashingBody.Total?
        if let taken {
            total = taken
        } else if let origin = draft.request.origin?.manifest {
            // A copy's source is an archive: its manifest says what it is, whatever state its bytes are in.
            guard origin.sha256.hasSameBytes(as: manifest.sha256) else {
                throw StorageError(
                    .conflict, .permanent, "an archive of other bytes stands under the key",
                    context: ["stored": manifest.sha256, "source": origin.sha256])
            }
            total = nil
        } else {
            total = try await digest(of: source, draft.request)
        }
        if let total, !total.digest.hexadecimal.hasSameBytes(as: manifest.sha256) {
            throw StorageError(
                .conflict, .permanent, "an archive of other bytes stands under the key",
                context: ["stored": manifest.sha256, "source": total.digest.hexadecimal])
        }
        return try await standing(existing, manifest, sourceBytes: total?.size ?? 0, draft.request.meter)
    }

    /// The receipt of an archive that another call has committed: proved and flushed before anybody hears of it.
    func standing(
        _ existing: StoredArchive, _ manifest: Manifest, sourceBytes: Int64, _ meter: TransferMeter? = nil
    ) async throws(StorageError) -> StoreReceipt {
        let verified = try await prove(existing, manifest, verification, byDriver: nil, meter)
        try await call(.persist) { () async throws(StorageError) in try await driver.persist(existing.key) }
        // A store that locks may have been told to only now.
        let current = capabilities.retention ? try await driverStat(existing.key, version: existing.version) : nil
        let handle = try handle(of: current ?? existing)
        return StoreReceipt(
            handle: handle, alreadyPresent: true, verified: verified,
            exclusive: capabilities.atomicCreate ? .atomic : .checked, durability: driver.durability,
            retention: handle.retention, sourceBytes: sourceBytes)
    }

    /// Throws where the manifest belongs to another request.
    func compare(_ draft: StoreDraft, with manifest: Manifest) throws(StorageError) {
        let differences = draft.fingerprint.differences(from: manifest, digest: draft.digest)
        guard differences.isEmpty else {
            throw StorageError(
                .conflict, .permanent, "the key was taken by a request that differs",
                context: ["members": differences.joined(separator: ", "), "stored": manifest.sha256])
        }
    }

    /// The digest of a source as it is now; `nil`: it is gone for good.
    private func digest(
        of source: any ArchiveSource, _ request: StoreRequest
    ) async throws(StorageError) -> HashingBody.Total? {
        let body: any ArchiveBody
        do throws(StorageError) {
            body = try await TransferMeter.open(source, for: request)
        } catch {
            if error.code == .notFound { return nil }
            throw error
        }
        let hashing = HashingBody(
            body, mostBytes: .max, tooMany: .sourceSize(expected: .max, actual: nil), atEnd: { _ in })
        do throws(StorageError) {
            try await hashing.drain()
        } catch {
            await hashing.close()
            throw error
        }
        await hashing.close()
        return hashing.total
    }

    /// The policy in force: a store without a digest of its own is read back.
    var verification: VerificationPolicy {
        settings.verify == .server && capabilities.serverDigest == nil ? .reread : settings.verify
    }

    /// Proves the bytes of a committed archive, as far as the driver has not.
    ///
    /// - Throws: `.integrityMismatch` where they are not those of the manifest.
    func prove(
        _ archive: StoredArchive, _ manifest: Manifest, _ policy: VerificationPolicy, byDriver: Verification?,
        _ meter: TransferMeter?
    ) async throws(StorageError) -> Verification? {
        if policy != .none, archive.size != manifest.size {
            throw StorageError(
                .integrityMismatch, .transient(after: nil), "the store has another number of bytes than it was given",
                context: ["expected": String(manifest.size), "actual": String(archive.size)])
        }
        switch policy {
        case .none: return byDriver
        case .size: return byDriver ?? .size
        case .server:
            if byDriver == .server || byDriver == .reread { return byDriver }
            try await reread(archive, manifest, meter)
            return .reread
        case .reread:
            if byDriver != .reread { try await reread(archive, manifest, meter) }
            return .reread
        }
    }

    private func reread(
        _ archive: StoredArchive, _ manifest: Manifest, _ meter: TransferMeter?
    ) async throws(StorageError) {
        let body = try await verifiedBody(archive.key, archive.version, manifest)
        do throws(StorageError) {
            try await body.drain(meter)
        } catch {
            await body.close()
            throw error
        }
        await body.close()
    }

    /// The whole archive, or what lies behind its beginning, as a body that throws `.integrityMismatch` instead of ending
    /// with other bytes than recorded.
    func verifiedBody(
        _ key: ArchiveKey, _ version: String?, _ manifest: Manifest, behind beginning: PausedSHA256? = nil
    ) async throws(StorageError) -> any ArchiveBody {
        let size = manifest.size
        let sha256 = manifest.sha256
        let offset = beginning?.count ?? 0
        let body: any ArchiveBody =
            if offset > 0, offset >= size {
                BytesBody([])
            } else {
                try await call(.read) { () async throws(StorageError) in
                    try await driver.read(key, version: version, range: offset > 0 ? offset..<size : nil)
                }
            }
        return HashingBody(
            body, behind: beginning, mostBytes: size, tooMany: .damaged(expected: sha256, actual: nil),
            atEnd: { total throws(StorageError) in
                let actual = total.digest.hexadecimal
                guard total.size == size, actual.hasSameBytes(as: sha256) else {
                    throw StorageError.damaged(expected: sha256, actual: actual)
                }
            })
    }
}

extension StorageError {
    /// The bytes in a store are not those that were recorded.
    ///
    /// Transient: another read may see the right ones.
    static func damaged(expected: String, actual: String?) -> StorageError {
        StorageError(
            .integrityMismatch, .transient(after: nil), "the store's bytes are not those that were recorded",
            context: ["expected": expected, "actual": actual ?? "more bytes"])
    }
}
