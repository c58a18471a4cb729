import ServiceRuntime
package import StowageContract
import StrictCoding

extension Storage {
    /// What a copy of the archive is made from.
    ///
    /// - Throws: `.notFound`; `.integrityMismatch` where it is not the archive that the reference describes.
    package func origin(_ reference: ArchiveReference) async throws(StorageError) -> CopyOrigin {
        let key = try key(of: reference)
        return try await withSlot { () async throws(StorageError) in
            guard let archive = try await driverStat(key, version: reference.version) else {
                throw StorageError(.notFound, .permanent, "there is no such archive")
            }
            let manifest = try manifest(of: archive)
            try check(reference, manifest)
            return CopyOrigin(
                handle: try handle(of: archive), manifest: manifest, protection: archive.protection, storedKey: key)
        }
    }

    /// Copies an archive of `source` here, or finds that the copy stands.
    ///
    /// The bytes are hashed once, as they come, and compared with the original's manifest. The copy is protected as its
    /// original is by now, as far as this store can. Whatever stands under the key already counts where it is the same
    /// archive, whoever brought it; if that is protected less, it is protected as well. With a `path` the copy gets a key
    /// of its own below it, else key and manifest are kept. Where this store can resume and the other can be read from the
    /// middle, it goes on behind what an earlier call for the same task has left, and stops with `slice`.
    ///
    /// - Throws: errors of this storage `at: .destination`, those of the other `at: .source`; `.conflict` where another
    ///   archive stands under the key.
    package func copy(
        _ origin: CopyOrigin, from source: Storage, by taskID: TaskID, path: String?, mayHaveRunBefore: Bool = false,
        slice: Slice? = nil, meter: TransferMeter? = nil
    ) async throws(StorageError) -> StoreReceipt {
        do throws(StorageError) {
            var request = origin.request(by: taskID, path: path, at: environment.now)
            request.slice = slice
            request.meter = meter
            if let storeID, storeID == origin.handle.storeID, try key(of: request) == origin.storedKey {
                throw StorageError(.conflict, .permanent, "source and copy would be one and the same", at: .task)
            }
            let receipt = try await store(request, from: OriginSource(storage: source, origin: origin))
            return try await protected(receipt, like: origin, request, mayHaveRunBefore: mayHaveRunBefore)
        } catch {
            throw error.moved(to: .destination)
        }
    }

    /// The copy that a task has made here, found without asking for its original.
    ///
    /// What stands under the copy's key counts where its manifest names the task, or where it has the digest that the
    /// task's handle expects.
    /// - Throws: errors `at: .destination`.
    package func standingCopy(
        of reference: ArchiveReference, by taskID: TaskID, path: String?
    ) async throws(StorageError) -> StoreReceipt? {
        do throws(StorageError) {
            let original = try ArchiveKey.validated(reference.key)
            let key =
                path == nil ? original : try ArchiveKey.make(path: path, taskID: taskID, name: original.name)
            let stored = try stored(key)
            return try await withSlot { () async throws(StorageError) in
                guard let existing = try await driverStat(stored) else { return nil }
                let manifest = try manifest(of: existing)
                if let sha256 = reference.sha256 {
                    guard sha256.hasSameBytes(as: manifest.sha256) else { return nil }
                } else if manifest.copiedBy != taskID {
                    return nil
                }
                return try await standing(existing, manifest, sourceBytes: 0)
            }
        } catch {
            throw error.moved(to: .destination)
        }
    }

    /// Adds what the copy lacks of its original's protection, in one record of the copy's task.
    ///
    /// A copy that this task made had it from the start; one that somebody else had brought, or whose manifest was left
    /// by a killed writer, may have less. What an earlier delivery of the task has added counts, though the original's
    /// protection may have grown since: a record is written once.
    private func protected(
        _ receipt: StoreReceipt, like origin: CopyOrigin, _ request: StoreRequest, mayHaveRunBefore: Bool
    ) async throws(StorageError) -> StoreReceipt {
        guard request.retention != nil || request.legalHold else { return receipt }
        let key = try key(of: request)
        return try await withSlot { () async throws(StorageError) in
            let archive = try await standing(key)
            var wanted = origin.protection.inForce(at: environment.now)
            // The copy's own hold stands for all of them.
            if archive.protection.holds.contains(request.taskID) { wanted.holds = [] }
            guard archive.manifest?.copiedBy != request.taskID, let lack = archive.protection.lacking(wanted) else {
                return receipt
            }
            guard let retaining = driver as? any Retaining else {
                throw StorageError(.unsupported, .permanent, "the driver cannot prolong the retention of the copy")
            }
            let retain = RetainRequest(key: key, taskID: request.taskID, retention: lack.retention, hold: lack.hold)
            do throws(StorageError) {
                _ = try await call(.retain) { () async throws(StorageError) in try await retaining.retain(retain) }
            } catch {
                guard error.code == .conflict, mayHaveRunBefore else { throw error }
            }
            var receipt = receipt
            receipt.handle = try handle(of: try await standing(key))
            receipt.retention = receipt.handle.retention
            return receipt
        }
    }

    /// The copy, which was there a moment ago.
    private func standing(_ key: ArchiveKey) async throws(StorageError) -> StoredArchive {
        guard let archive = try await driverStat(key) else {
            throw StorageError(.unavailable, .transient(after: nil), "the copy is gone again")
        }
        return archive
    }
}
