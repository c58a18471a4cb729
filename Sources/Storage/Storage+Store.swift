import Cryptography
import ServiceRuntime
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

    private func admit(size: Int64) throws(StorageError) {
        if let largest = capabilities.largestArchiveBytes, size > largest { throw tooLarge(largest) }
    }

    private func tooLarge(_ largest: Int64) -> StorageError {
        StorageError(
            .tooLarge, .permanent, "the archive is larger than the store takes", context: ["limit": String(largest)])
    }

    private func write(
        _ draft: StoreDraft, from source: any ArchiveSource
    ) async throws(StorageError) -> StoreReceipt {
        let body = try await TransferMeter.open(source, for: draft.request)
        let hashing = hashing(body, draft.request)
        do throws(StorageError) {
            let size = draft.request.size ?? body.size
            if let size { try admit(size: size) }
            // Whoever does not know how much he brings needs room all the same.
            let promise = try await promiseRoom(for: size ?? 0) { hashing.count }
            let receipt = try await write(draft, hashing, in: promise)
            await hashing.close()
            return receipt
        } catch {
            await hashing.close()
            guard error.code == .conflict, error.place == .driver else { throw error }
            // Somebody was faster, or an earlier delivery committed unseen: look what stands there.
            guard let existing = try await driverStat(draft.key), existing.manifest != nil else { throw error }
            return try await settle(existing, draft, source, taken: hashing.total)
        }
    }

    private func hashing(_ body: any ArchiveBody, _ request: StoreRequest) -> HashingBody {
        if let origin = request.origin {
            let damaged = StorageError.damaged(expected: origin.manifest.sha256, actual: nil).at(.source)
            return HashingBody(body, mostBytes: origin.manifest.size, tooMany: damaged) { _ in }
        }
        if let size = request.size {
            return HashingBody(body, mostBytes: size, tooMany: .sourceSize(expected: size, actual: nil)) { _ in }
        }
        let largest = capabilities.largestArchiveBytes ?? .max
        return HashingBody(body, mostBytes: largest, tooMany: tooLarge(largest)) { _ in }
    }

    private func write(
        _ draft: StoreDraft, _ body: HashingBody, in promise: RoomLedger.Promise?
    ) async throws(StorageError) -> StoreReceipt {
        guard let promise else { return try await write(draft, body) }
        do throws(StorageError) {
            let receipt = try await write(draft, body)
            room.end(promise, stored: receipt.handle.size)
            return receipt
        } catch {
            // Where nobody knows whether it stands, its bytes may have to be counted.
            room.end(promise, stored: error.isAmbiguous ? body.count : nil)
            throw error
        }
    }

    private func write(_ draft: StoreDraft, _ body: HashingBody) async throws(StorageError) -> StoreReceipt {
        let request = draft.request
        let policy = verification
        let write = WriteRequest(
            key: draft.key, taskID: request.taskID, mediaType: request.mediaType, metadata: request.metadata,
            retention: request.retention, legalHold: request.legalHold, size: request.size ?? body.size,
            sha256: request.sha256, verify: policy, options: request.options,
            worked: { [meter = request.meter] in meter?.worked() },
            seal: { () throws(StorageError) in try self.seal(draft, body) })
        let receipt = try await call(.write, isReplayable: false) { () async throws(StorageError) in
            try await driver.write(write, from: body)
        }
        let manifest = try manifest(of: receipt.archive)
        let verified = try await prove(
            receipt.archive, manifest, policy, byDriver: receipt.verified, request.meter)
        let handle = try handle(of: receipt.archive)
        return StoreReceipt(
            handle: handle, alreadyPresent: false, verified: verified, exclusive: receipt.exclusive,
            durability: receipt.durability, retention: handle.retention, sourceBytes: body.count)
    }

    /// What is recorded once all bytes have passed.
    private func seal(_ draft: StoreDraft, _ body: HashingBody) throws(StorageError) -> Manifest {
        guard let total = body.total else {
            throw StorageError(.unexpected, .permanent, "the driver sealed an archive before its end")
        }
        let request = draft.request
        let sha256 = total.digest.hexadecimal
        if let origin = request.origin?.manifest, !sha256.hasSameBytes(as: origin.sha256) {
            throw StorageError.damaged(expected: origin.sha256, actual: sha256).at(.source)
        }
        if let size = body.size, size != total.size {
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
