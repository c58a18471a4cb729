import Cryptography
import ServiceRuntime
import Storage
import StowageContract
import StrictCoding
import TestSupport

/// A store in memory that does what its script says.
///
/// `open` finds the script in the task-local `DriverScript.current`.
final class ScriptedDriver: StorageDriver, Retaining, Presigning {
    static let type = "scripted"

    struct Configuration: Decodable, Sendable {
        /// Means nothing.
        var note: String
    }

    let script: DriverScript

    init(_ script: DriverScript) {
        self.script = script
    }

    static func open(
        _ configuration: Configuration, in environment: DriverEnvironment
    ) async throws(StorageError) -> ScriptedDriver {
        guard let script = DriverScript.current else {
            throw StorageError(.unexpected, .permanent, "a test has no script")
        }
        script.state.change { [connections = environment.connections] in $0.connections = connections }
        try await script.begin(.open)
        return ScriptedDriver(script)
    }

    var capabilities: StoreCapabilities { script.state.value.capabilities }
    var storeID: String? { script.state.value.storeID }
    var durability: Durability { script.state.value.durability }

    func validate(options: JSONValue) throws(StorageError) {
        guard options["class"] != nil else {
            throw StorageError(.invalidTask, .permanent, "class is missing", at: .task)
        }
    }

    func write(_ request: WriteRequest, from body: any ArchiveBody) async throws(StorageError) -> WriteReceipt {
        script.state.change { $0.lastPolicy = request.verify }
        do throws(StorageError) {
            try await script.begin(.write)
            var bytes: [UInt8] = []
            while let chunk = try await body.next() { bytes += chunk }
            let manifest = try request.seal()
            let received = bytes
            let isCommitted = script.state.change { state in
                let isFree = state.archives[request.key] == nil
                if isFree || !state.capabilities.atomicCreate {
                    state.archives[request.key] = .init(bytes: state.damage ?? received, manifest: manifest)
                }
                return isFree || !state.capabilities.atomicCreate
            }
            guard isCommitted else { throw StorageError(.conflict, .permanent, "an archive stands under the key") }
            try script.end(.write)
            guard let archive = script.archive(request.key) else {
                throw StorageError(.unexpected, .permanent, "the archive is gone")
            }
            return WriteReceipt(
                verified: script.state.value.proof, exclusive: .atomic, durability: durability, archive: archive)
        } catch {
            script.state.change { $0.discarded += 1 }
            throw error
        }
    }

    func persist(_ key: ArchiveKey) async throws(StorageError) {
        try await script.begin(.persist)
    }

    func stat(_ key: ArchiveKey, version: String?) async throws(StorageError) -> StoredArchive? {
        try await script.begin(.stat)
        return script.archive(key)
    }

    func read(
        _ key: ArchiveKey, version: String?, range: Range<Int64>?
    ) async throws(StorageError) -> any ArchiveBody {
        try await script.begin(.read)
        guard let entry = script.state.value.archives[key] else {
            throw StorageError(.notFound, .permanent, "there is no such archive")
        }
        script.state.change { $0.ranges.append(range) }
        guard let range else { return BytesBody(entry.bytes) }
        return BytesBody(Array(entry.bytes[Int(range.lowerBound)..<Int(range.upperBound)]))
    }

    func delete(_ request: DeleteRequest) async throws(StorageError) -> Bool {
        try await script.begin(.delete)
        return try script.state.change { state -> Result<Bool, StorageError> in
            if !state.enforces, let archive = state.archive(request.key) {
                do throws(StorageError) { try request.admit(archive) } catch { return .failure(error) }
            }
            if state.enforces, let until = state.archives[request.key]?.manifest?.retention?.until {
                return .failure(StorageError(.retained, .permanent, "locked", context: ["until": until.text]))
            }
            return .success(state.archives.removeValue(forKey: request.key) != nil)
        }.get()
    }

    func list(prefix: String, after: String?, limit: Int) async throws(StorageError) -> ArchivePage {
        try await script.begin(.list)
        script.state.change { $0.listings.append("\(prefix)|\(after ?? "-")|\(limit)") }
        let start = after.map { ArchiveKey(trusted: $0) }
        let keys = script.state.value.archives.keys.sorted().filter { key in
            if let start, !(start < key) { return false }
            return key.text.utf8.starts(with: prefix.utf8)
        }
        let entries = keys.prefix(limit).map { key in
            ArchivePage.Entry(
                key: key, size: script.archive(key)?.size ?? 0, storedAt: Timestamp(millisecondsSinceEpoch: 0),
                taskID: key.folderTask)
        }
        return ArchivePage(entries: entries, hasMore: keys.count > entries.count)
    }

    func capacity() async throws(StorageError) -> StoreCapacity {
        try await script.begin(.capacity)
        return script.state.value.capacity
    }

    func probe() async throws(StorageError) { try await script.begin(.probe) }

    func sweep(olderThan age: Duration) async throws(StorageError) -> Int {
        try await script.begin(.sweep)
        return 1
    }

    func retain(_ request: RetainRequest) async throws(StorageError) -> RetentionState {
        try await script.begin(.retain)
        try script.archive(request.key)?.protection.checkExtension(request.retention)
        return RetentionState(retention: request.retention, holds: request.hold ? [request.taskID] : [])
    }

    func presign(_ key: ArchiveKey, version: String?, expiresSeconds seconds: Int) async throws(StorageError)
        -> PresignedURL
    {
        try await script.begin(.presign)
        return PresignedURL(
            url: Secret("https://store/\(key)?expires=\(seconds)&signature=hunter2"),
            expiresAt: Timestamp(millisecondsSinceEpoch: Int64(seconds) * 1000))
    }

    func close() async { try? await script.begin(.close) }
}
