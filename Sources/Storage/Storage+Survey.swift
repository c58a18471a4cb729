import ServiceRuntime
package import StowageContract
import StrictCoding

extension Storage {
    /// A part of the list of archives, in byte order of key.
    package func list(_ data: ListData) async throws(StorageError) -> ListResult {
        guard capabilities.list else {
            throw StorageError(.unsupported, .permanent, "the store cannot list its archives")
        }
        guard (1...1000).contains(data.limit) else {
            throw StorageError(.invalidTask, .permanent, "limit must be between 1 and 1000", at: .task)
        }
        let prefix = prefix + (try ArchiveKey.prefix(data.prefix, member: "prefix"))
        let after: String?
        if let key = data.after {
            after = self.prefix + (try ArchiveKey.prefix(key, member: "after"))
        } else {
            after = nil
        }
        return try await withSlot { () async throws(StorageError) in
            let page = try await call(.list) { () async throws(StorageError) in
                try await driver.list(prefix: prefix, after: after, limit: data.limit)
            }
            let entries = page.entries.map {
                ListResult.Entry(key: shown($0.key), size: $0.size, storedAt: $0.storedAt, taskID: $0.taskID)
            }
            return ListResult(archives: entries, next: page.hasMore ? entries.last?.key : nil)
        }
    }

    /// Reads an archive to its end and compares its digest with the recorded one and the task's.
    ///
    /// - Throws: `.handedOver` once `slice` is over, with what the next one goes on from.
    package func verify(
        _ data: VerifyData, slice: Slice? = nil, meter: TransferMeter? = nil
    ) async throws(StorageError) -> VerifyResult {
        let key = try key(of: data.archive)
        return try await withSlot { () async throws(StorageError) in
            guard let archive = try await driverStat(key, version: data.archive.version) else {
                return VerifyResult(
                    state: .missing, expectedSHA256: data.sha256 ?? data.archive.sha256, actualSHA256: nil)
            }
            let manifest = try manifest(of: archive)
            let expected = data.sha256 ?? data.archive.sha256 ?? manifest.sha256
            do throws(StorageError) {
                let actual = try await digest(of: archive, manifest, slice: slice, meter)
                let isRight = actual.hasSameBytes(as: manifest.sha256) && actual.hasSameBytes(as: expected)
                return VerifyResult(
                    state: isRight ? .ok : .mismatch, expectedSHA256: expected, actualSHA256: actual)
            } catch {
                if error.code == .notFound {
                    return VerifyResult(state: .missing, expectedSHA256: expected, actualSHA256: nil)
                }
                guard error.meansDamage else { throw error }
                return VerifyResult(state: .unreadable, expectedSHA256: expected, actualSHA256: nil)
            }
        }
    }

    /// How much room there is.
    package func capacity() async throws(StorageError) -> StoreCapacity {
        guard capabilities.capacity else { return StoreCapacity() }
        return try await withSlot { () async throws(StorageError) in try await readCapacity() }
    }
}

extension StorageError {
    /// Whether a read that failed like this found damage rather than a store that is away.
    fileprivate var meansDamage: Bool {
        if context["damage"] != nil { return true }
        if case .permanent = retry { return code == .unexpected || code == .integrityMismatch }
        return false
    }
}
