import Sharing
import Cryptography
package import Storage
package import StowageContract

/// Archives in the memory of the process: for tests, demonstrations, and as the smallest complete driver.
package final class MemoryStorageDriver: StorageDriver {
    package static let type = "memory"

    struct Entry: Sendable {
        var chunks: [[UInt8]]
        var manifest: Manifest
        var records: [ProtectionRecord] = []
    }

    struct State: Sendable {
        var archives: [ArchiveKey: Entry] = [:]
        /// The archive that a task's folder holds: there is one at most.
        var occupants: [ArchiveKey: ArchiveKey] = [:]
        var deletions: [ArchiveKey: DeletionRecord] = [:]
    }

    package let storeID: String?
    package let durability = Durability.none
    let state = Guarded(State())
    let now: @Sendable () -> Timestamp

    private init(_ environment: DriverEnvironment) {
        self.storeID = RandomBytes.hexadecimal(16)
        self.now = environment.now
    }

    package static func open(
        _ configuration: MemoryConfiguration, in environment: DriverEnvironment
    ) async throws(StorageError) -> MemoryStorageDriver {
        MemoryStorageDriver(environment)
    }

    package var capabilities: StoreCapabilities {
        var capabilities = StoreCapabilities()
        capabilities.atomicCreate = true
        capabilities.rangeRead = true
        capabilities.list = true
        capabilities.capacity = true
        capabilities.isVolatile = true
        return capabilities
    }

    package func write(
        _ request: WriteRequest, from body: any ArchiveBody
    ) async throws(StorageError) -> WriteReceipt {
        var chunks: [[UInt8]] = []
        while let chunk = try await body.next() { chunks.append(chunk) }
        let entry = Entry(chunks: chunks, manifest: try request.seal())
        let verified = try prove(entry, request.verify)
        try StorageError.checkCancellation()
        let refusal = state.withLock { state -> StorageError? in
            if let deletion = state.deletions[request.key], deletion.refuses(request.taskID) { return deletion.refusal }
            guard state.archives[request.key] == nil else {
                return StorageError(.conflict, .permanent, "an archive stands under the key")
            }
            let folder = request.key.folder
            if let beside = state.occupants[folder], let other = state.archives[beside] {
                return StorageError(
                    .conflict, .permanent, "the task id was used for another name",
                    context: ["members": "name", "stored": other.manifest.sha256])
            }
            state.archives[request.key] = entry
            state.occupants[folder] = request.key
            return nil
        }
        if let refusal { throw refusal }
        return WriteReceipt(
            verified: verified, exclusive: .atomic, durability: durability, archive: archive(entry, request.key))
    }

    package func stat(_ key: ArchiveKey, version: String?) async throws(StorageError) -> StoredArchive? {
        state.withLock { $0.archives[key] }.map { archive($0, key) }
    }

    package func read(
        _ key: ArchiveKey, version: String?, range: Range<Int64>?
    ) async throws(StorageError) -> any ArchiveBody {
        guard let entry = state.withLock({ $0.archives[key] }) else {
            throw StorageError(.notFound, .permanent, "there is no such archive")
        }
        return ChunksBody(entry.chunks, range ?? 0..<entry.manifest.size)
    }

    package func delete(_ request: DeleteRequest) async throws(StorageError) -> Bool {
        let time = now()
        return try state.withLock { state throws(StorageError) in
            guard let entry = state.archives[request.key] else { return false }
            try request.admit(archive(entry, request.key))
            state.archives[request.key] = nil
            state.deletions[request.key] = DeletionRecord(
                of: entry.manifest, request, at: time, earlier: state.deletions[request.key])
            return true
        }
    }

    package func list(prefix: String, after: String?, limit: Int) async throws(StorageError) -> ArchivePage {
        let after = after.map { ArchiveKey(trusted: $0) }
        return state.withLock { state in
            let keys = state.archives.keys.filter { key in
                if let after, !(after < key) { return false }
                return key.text.utf8.starts(with: prefix.utf8)
            }
            let page = keys.sorted().prefix(limit)
            let entries = page.compactMap { key in
                state.archives[key].map {
                    ArchivePage.Entry(
                        key: key, size: $0.manifest.size, storedAt: $0.manifest.storedAt, taskID: $0.manifest.taskID)
                }
            }
            return ArchivePage(entries: entries, hasMore: keys.count > page.count)
        }
    }

    package func capacity() async throws(StorageError) -> StoreCapacity {
        StoreCapacity(usedBytes: state.withLock { $0.archives.values.reduce(0) { $0 + $1.manifest.size } })
    }

    package func probe() async throws(StorageError) {}

    package func sweep(olderThan age: Duration) async throws(StorageError) -> Int { 0 }

    package func close() async {}

    private func prove(_ entry: Entry, _ policy: VerificationPolicy) throws(StorageError) -> Verification? {
        guard policy == .server || policy == .reread else { return nil }
        var hasher = SHA256Hasher()
        for chunk in entry.chunks { hasher.update(chunk) }
        guard hasher.finalize().hexadecimal == entry.manifest.sha256 else {
            throw StorageError(.integrityMismatch, .transient(after: nil), "the bytes changed in memory")
        }
        return .reread
    }

    private func archive(_ entry: Entry, _ key: ArchiveKey) -> StoredArchive {
        StoredArchive(
            key: key, size: entry.manifest.size, manifest: entry.manifest,
            protection: RetentionState(entry.manifest, entry.records))
    }
}

extension MemoryStorageDriver: Retaining {
    package func retain(_ request: RetainRequest) async throws(StorageError) -> RetentionState {
        let time = now()
        return try state.withLock { state throws(StorageError) in
            guard var entry = state.archives[request.key] else {
                throw StorageError(.notFound, .permanent, "there is no such archive")
            }
            let record = try ProtectionRecord.next(
                for: request, manifest: entry.manifest, records: entry.records, at: time)
            if let record { entry.records.append(record) }
            state.archives[request.key] = entry
            return RetentionState(entry.manifest, entry.records)
        }
    }
}

extension ArchiveKey {
    /// All but the last segment.
    fileprivate var folder: ArchiveKey {
        ArchiveKey(trusted: segments.dropLast().joined(separator: "/"))
    }
}
