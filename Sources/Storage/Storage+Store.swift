import Cryptography
import ServiceRuntime
import Sharing
import StowageContract
import StrictCoding

/// A request with what follows from it.
struct StoreDraft: Sendable {
    let request: StoreRequest
    let key: ArchiveKey
    let fingerprint: Fingerprint
    /// Of the fingerprint: 64 hexadecimal digits.
    let digest: String
}

extension Storage {
    /// Stores the source's bytes, or finds that an earlier delivery has.
    ///
    /// `isFollowing`: the bytes come by a `FanOut` that another storage leads.
    ///
    /// - Throws: `.conflict` where something else stands under the key; errors `at: .source` for the source's.
    package func store(
        _ request: StoreRequest, from source: any ArchiveSource, isFollowing: Bool = false
    ) async throws(StorageError) -> StoreReceipt {
        let draft = try draft(request)
        try admit(request)
        return try await withSlot(of: isFollowing ? copyLimit : limit) { () async throws(StorageError) in
            if request.mayHaveRunBefore, let existing = try await driverStat(draft.key), existing.manifest != nil {
                return try await settle(existing, draft, source)
            }
            return try await write(draft, from: source)
        }
    }

    /// The archive that this request would have made, where it stands.
    ///
    /// - Throws: `.conflict` where another request's archive stands there.
    package func lookup(_ request: StoreRequest) async throws(StorageError) -> StoreReceipt? {
        let draft = try draft(request)
        return try await withSlot { () async throws(StorageError) in
            guard let existing = try await driverStat(draft.key) else { return nil }
            let manifest = try manifest(of: existing)
            try compare(draft, with: manifest)
            return try await standing(existing, manifest, sourceBytes: 0, request.meter)
        }
    }

    private func draft(_ request: StoreRequest) throws(StorageError) -> StoreDraft {
        var request = request
        request.name = try ArchiveKey.checkedName(request.name)
        if let path = request.path { request.path = try ArchiveKey.checkedPath(path) }
        let fingerprint = request.origin?.fingerprint(path: request.path) ?? Fingerprint(of: request)
        return StoreDraft(
            request: request, key: try key(of: request), fingerprint: fingerprint, digest: fingerprint.digest)
    }

    /// Refuses what the store cannot take, before any byte moves.
    private func admit(_ request: StoreRequest) throws(StorageError) {
        if settings.readOnly { throw StorageError(.readOnly, .permanent, "the driver takes no writes") }
        if request.retention?.enforcedBy == .store, !capabilities.retention {
            throw StorageError(.unsupported, .permanent, "the store cannot enforce a retention")
        }
        if let size = request.size { try admit(size: size) }
        if let options = request.options { try driver.validate(options: options) }
    }

    func admit(size: Int64) throws(StorageError) {
        if let largest = capabilities.largestArchiveBytes, size > largest { throw tooLarge(largest) }
    }

    private func tooLarge(_ largest: Int64) -> StorageError {
        StorageError(
            .tooLarge, .permanent, "the archive is larger than the store takes", context: ["limit": String(largest)])
    }

    private func write(
        _ draft: StoreDraft, from source: any ArchiveSource
    ) async throws(StorageError) -> StoreReceipt {
        do throws(StorageError) {
            if let copy = try await copied(draft, from: source) { return copy }
        } catch {
            guard error.code == .conflict, error.place == .driver, let existing = try await driverStat(draft.key),
                existing.manifest != nil
            else { throw error }
            return try await settle(existing, draft, source)
        }
        let body = try await TransferMeter.open(source, for: draft.request)
        let size = draft.request.size ?? body.size
        let share = RoomShare(room)
        let resuming = resuming(body, draft, in: share)
        let counted: any CountedBody = resuming ?? hashing(body, draft.request)
        do throws(StorageError) {
            if let size { try admit(size: size) }
            // Whoever does not know how much he brings needs room all the same.
            if resuming == nil {
                let promised = try await promiseRoom(for: size ?? 0) { counted.taken }
                share.take(promised)
            }
            let receipt = try await write(draft, counted, in: share)
            await counted.close()
            return receipt
        } catch {
            await counted.close()
            guard error.code == .conflict, error.place == .driver else { throw error }
            // Somebody was faster, or an earlier delivery committed unseen: look what stands there.
            guard let existing = try await driverStat(draft.key), existing.manifest != nil else { throw error }
            var receipt = try await settle(existing, draft, source, taken: counted.total)
            if counted.total != nil { (receipt.sourceBytes, receipt.resumedBytes) = (counted.taken, counted.resumed) }
            return receipt
        }
    }

    private func hashing(_ body: any ArchiveBody, _ request: StoreRequest) -> HashingBody {
        let (mostBytes, tooMany) = most(request)
        return HashingBody(body, mostBytes: mostBytes, tooMany: tooMany) { _ in }
    }

    /// The most bytes that may come, and what is thrown where there are more.
    func most(_ request: StoreRequest) -> (bytes: Int64, tooMany: StorageError) {
        if let origin = request.origin {
            let damaged = StorageError.damaged(expected: origin.manifest.sha256, actual: nil).at(.source)
            return (origin.manifest.size, damaged)
        }
        if let size = request.size { return (size, .sourceSize(expected: size, actual: nil)) }
        let largest = capabilities.largestArchiveBytes ?? .max
        return (largest, tooLarge(largest))
    }

    private func write(
        _ draft: StoreDraft, _ body: any CountedBody, in share: RoomShare
    ) async throws(StorageError) -> StoreReceipt {
        do throws(StorageError) {
            let receipt = try await write(draft, body)
            share.end(stored: body.taken)
            return receipt
        } catch {
            // Where nobody knows whether it stands, and where it may be gone on with, its bytes may have to be counted.
            share.end(stored: error.isAmbiguous || body is ResumingBody ? body.taken : nil)
            throw error
        }
    }

    private func write(_ draft: StoreDraft, _ body: any CountedBody) async throws(StorageError) -> StoreReceipt {
        let request = draft.request
        let write = writeRequest(draft, size: request.size ?? body.size, sha256: request.sha256) {
            () throws(StorageError) in
            guard let total = body.total else {
                throw StorageError(.unexpected, .permanent, "the driver sealed an archive before its end")
            }
            return try self.seal(draft, total, promised: body.size)
        }
        let receipt = try await call(.write, isReplayable: false) { () async throws(StorageError) in
            guard let driver = driver as? any ResumableUploading, let body = body as? ResumingBody else {
                return try await driver.write(write, from: body)
            }
            return try await driver.write(write, resuming: body)
        }
        return try await self.receipt(
            receipt, write.verify, sourceBytes: body.taken, resumedBytes: body.resumed, request.meter)
    }

    func writeRequest(
        _ draft: StoreDraft, size: Int64?, sha256: String?,
        seal: @escaping @Sendable () throws(StorageError) -> Manifest
    ) -> WriteRequest {
        let request = draft.request
        return WriteRequest(
            key: draft.key, taskID: request.taskID, mediaType: request.mediaType, metadata: request.metadata,
            retention: request.retention, legalHold: request.legalHold, size: size, sha256: sha256,
            verify: verification, options: request.options, worked: { [meter = request.meter] in meter?.worked() },
            seal: seal)
    }

    /// What is said of an archive that a driver has written, once it is proved.
    func receipt(
        _ receipt: WriteReceipt, _ policy: VerificationPolicy, sourceBytes: Int64, resumedBytes: Int64,
        _ meter: TransferMeter?
    ) async throws(StorageError) -> StoreReceipt {
        let manifest = try manifest(of: receipt.archive)
        let verified = try await prove(receipt.archive, manifest, policy, byDriver: receipt.verified, meter)
        let handle = try handle(of: receipt.archive)
        return StoreReceipt(
            handle: handle, alreadyPresent: false, verified: verified, exclusive: receipt.exclusive,
            durability: receipt.durability, retention: handle.retention, sourceBytes: sourceBytes,
            resumedBytes: resumedBytes)
    }

    /// What is recorded once all bytes have passed; `promised`: how many the source said that it had.
    func seal(
        _ draft: StoreDraft, _ total: HashingBody.Total, promised: Int64?
    ) throws(StorageError) -> Manifest {
        let request = draft.request
        let sha256 = total.digest.hexadecimal
        if let origin = request.origin?.manifest, !sha256.hasSameBytes(as: origin.sha256) {
            throw StorageError.damaged(expected: origin.sha256, actual: sha256).at(.source)
        }
        if let size = promised, size != total.size {
            var error = StorageError.sourceSize(expected: size, actual: total.size)
            error.retry = .transient(after: nil)
            throw error
        }
        if let size = request.size, size != total.size { throw .sourceSize(expected: size, actual: total.size) }
        if let expected = request.sha256, !expected.hasSameBytes(as: sha256) {
            throw StorageError(
                .integrityMismatch, .permanent, "the source does not have the digest that the task says", at: .source,
                context: ["expected": expected, "actual": sha256])
        }
        var retention = request.retention
        if retention != nil { retention?.enforcedBy = capabilities.retention ? .store : .stowage }
        // A copy that keeps its key keeps the archive's task too, and when that was stored.
        let folder = draft.key.folderTask ?? request.taskID
        let storedAt = request.key == nil ? nil : request.origin?.manifest.storedAt
        return Manifest(
            taskID: folder, name: draft.key.name, size: total.size, sha256: sha256,
            digests: request.origin?.manifest.digests ?? [:], mediaType: request.mediaType, metadata: request.metadata,
            storedAt: storedAt ?? environment.now, retention: retention, legalHold: request.legalHold,
            holds: request.origin?.protection.holds ?? [], request: draft.fingerprint.request,
            fingerprint: draft.digest,
            copiedFrom: request.copiedFrom, copiedBy: request.operation == .copy ? request.taskID : nil)
    }
}

extension StorageError {
    static func sourceSize(expected: Int64, actual: Int64?) -> StorageError {
        StorageError(
            .integrityMismatch, .permanent, "the source does not have the size that was promised", at: .source,
            context: ["expected": String(expected), "actual": actual.map { String($0) } ?? "more"])
    }
}
