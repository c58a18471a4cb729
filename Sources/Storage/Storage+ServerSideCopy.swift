import Cryptography
import StowageContract

extension Storage {
    /// The receipt of a copy that the store has made by itself; `nil`: the bytes have to pass through us.
    func copied(_ draft: StoreDraft, from source: any ArchiveSource) async throws(StorageError) -> StoreReceipt? {
        guard let source = source as? OriginSource, capabilities.serverSideCopy,
            let driver = driver as? any ServerSideCopying, driver.reaches(source.storage.driver)
        else { return nil }
        let original = source.origin.manifest
        guard let digest = SHA256Digest(hexadecimal: original.sha256) else { return nil }
        let total = HashingBody.Total(size: original.size, digest: digest)
        try admit(size: total.size)
        let share = RoomShare(room)
        share.take(try await promiseRoom(for: total.size) { 0 })
        draft.request.meter?.awaits(.destination)
        let write = writeRequest(draft, size: total.size, sha256: original.sha256) { () throws(StorageError) in
            try self.seal(draft, total, promised: nil)
        }
        do throws(StorageError) {
            let receipt = try await call(.write, isReplayable: false) { () async throws(StorageError) in
                try await driver.copy(
                    write,
                    of: CopyOriginal(
                        key: source.origin.storedKey, version: source.origin.handle.version,
                        etag: source.origin.handle.etag, driver: source.storage.driver))
            }
            share.end(stored: receipt == nil ? nil : total.size)
            guard let receipt else { return nil }
            return try await self.receipt(receipt, write.verify, sourceBytes: 0, resumedBytes: 0, draft.request.meter)
        } catch {
            share.end(stored: error.isAmbiguous ? total.size : nil)
            throw error
        }
    }
}
