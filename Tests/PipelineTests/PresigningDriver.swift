import ServiceRuntime
import Storage
import StorageDrivers
import StowageContract

/// A memory driver that gives out URLs, whose signature must show nowhere but in the reply.
final class PresigningDriver: StorageDriver, Presigning {
    static let type = "presigning"
    static let signature = "5ec2e7"

    let memory: MemoryStorageDriver
    private let now: @Sendable () -> Timestamp

    init(_ memory: MemoryStorageDriver, now: @escaping @Sendable () -> Timestamp) {
        self.memory = memory
        self.now = now
    }

    static func open(
        _ configuration: MemoryConfiguration, in environment: DriverEnvironment
    ) async throws(StorageError) -> PresigningDriver {
        PresigningDriver(try await MemoryStorageDriver.open(configuration, in: environment), now: environment.now)
    }

    var capabilities: StoreCapabilities {
        var capabilities = memory.capabilities
        capabilities.presign = true
        return capabilities
    }
    var storeID: String? { memory.storeID }
    var durability: Durability { memory.durability }

    func presign(
        _ key: ArchiveKey, version: String?, expiresSeconds seconds: Int
    ) async throws(StorageError) -> PresignedURL {
        let end = now().millisecondsSinceEpoch + Int64(seconds) * 1000
        return PresignedURL(
            url: Secret("https://store.example.org/\(key)?signature=\(Self.signature)"),
            expiresAt: Timestamp(millisecondsSinceEpoch: end))
    }

    func write(_ request: WriteRequest, from body: any ArchiveBody) async throws(StorageError) -> WriteReceipt {
        try await memory.write(request, from: body)
    }
    func stat(_ key: ArchiveKey, version: String?) async throws(StorageError) -> StoredArchive? {
        try await memory.stat(key, version: version)
    }
    func read(
        _ key: ArchiveKey, version: String?, range: Range<Int64>?
    ) async throws(StorageError) -> any ArchiveBody {
        try await memory.read(key, version: version, range: range)
    }
    func delete(_ request: DeleteRequest) async throws(StorageError) -> Bool { try await memory.delete(request) }
    func list(prefix: String, after: String?, limit: Int) async throws(StorageError) -> ArchivePage {
        try await memory.list(prefix: prefix, after: after, limit: limit)
    }
    func capacity() async throws(StorageError) -> StoreCapacity { try await memory.capacity() }
    func probe() async throws(StorageError) {}
    func sweep(olderThan age: Duration) async throws(StorageError) -> Int { 0 }
    func close() async {}
}
