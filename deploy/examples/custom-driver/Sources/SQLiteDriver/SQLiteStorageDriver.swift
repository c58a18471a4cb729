import Glibc
public import Storage
public import StowageContract

/// Archives in an SQLite database, in chunks.
public final class SQLiteStorageDriver: StorageDriver {
    public typealias Configuration = SQLiteConfiguration

    public static let type = "sqlite"

    /// The identity of the database, so that another file at the same path is noticed.
    public let storeID: String?
    /// Every commit is flushed (`synchronous = FULL` with a write-ahead log).
    public let durability = Durability.full
    public let capabilities: StoreCapabilities = SQLiteStorageDriver.capabilities
    let database: SQLiteDatabase
    let now: @Sendable () -> Timestamp
    private let path: String

    /// What the driver can do, for the conformance suite to compare.
    public static var capabilities: StoreCapabilities {
        var capabilities = StoreCapabilities()
        capabilities.atomicCreate = true
        capabilities.rangeRead = true
        capabilities.list = true
        capabilities.capacity = true
        return capabilities
    }

    private init(_ database: SQLiteDatabase, path: String, storeID: String, now: @escaping @Sendable () -> Timestamp) {
        self.database = database
        self.path = path
        self.storeID = storeID
        self.now = now
    }

    public static func open(
        _ configuration: SQLiteConfiguration, in environment: DriverEnvironment
    ) async throws(StorageError) -> SQLiteStorageDriver {
        let database = try await SQLiteDatabase.open(path: configuration.path)
        let id = try await database.writing(SQLiteSchema.prepare)
        return SQLiteStorageDriver(database, path: configuration.path, storeID: id, now: environment.now)
    }

    public func stat(_ key: ArchiveKey, version: String?) async throws(StorageError) -> StoredArchive? {
        try await database.reading { connection throws(StorageError) in try connection.archive(key)?.stored }
    }

    public func read(
        _ key: ArchiveKey, version: String?, range: Range<Int64>?
    ) async throws(StorageError) -> any ArchiveBody {
        let found = try await database.reading { connection throws(StorageError) in try connection.archive(key) }
        guard let found else { throw StorageError(.notFound, .permanent, "there is no such archive") }
        return SQLiteBody(database, upload: found.upload, range: range ?? 0..<found.stored.size)
    }

    public func list(prefix: String, after: String?, limit: Int) async throws(StorageError) -> ArchivePage {
        try await database.reading { connection throws(StorageError) in
            var entries: [ArchivePage.Entry] = []
            var isBehind = false
            // SQLite compares texts by their bytes; keys with the prefix stand together, from the prefix itself on.
            try connection.run(
                "SELECT key, manifest FROM archive WHERE key >= ?1 AND key > ?2 ORDER BY key LIMIT ?3",
                .text(prefix), .text(after ?? ""), .integer(Int64(limit) + 1)
            ) { row throws(StorageError) in
                let key = ArchiveKey(trusted: row.text(0))
                guard !isBehind, key.text.utf8.starts(with: prefix.utf8) else { return isBehind = true }
                let manifest = try Manifest(bytes: row.bytes(1))
                entries.append(
                    .init(key: key, size: manifest.size, storedAt: manifest.storedAt, taskID: manifest.taskID))
            }
            return ArchivePage(entries: Array(entries.prefix(limit)), hasMore: entries.count > limit)
        }
    }

    public func capacity() async throws(StorageError) -> StoreCapacity {
        let path = path
        return try await database.reading { connection throws(StorageError) in
            var (page, used, unused): (Int64, Int64, Int64) = (0, 0, 0)
            try connection.run("PRAGMA page_size") { page = $0.integer(0) }
            try connection.run("PRAGMA page_count") { used = $0.integer(0) * page }
            try connection.run("PRAGMA freelist_count") { unused = $0.integer(0) * page }
            var disk = statvfs()
            guard statvfs(path, &disk) == 0 else { return StoreCapacity(usedBytes: used - unused) }
            let free = Int64(disk.f_bavail) * Int64(disk.f_frsize) + unused
            return StoreCapacity(totalBytes: used - unused + free, usedBytes: used - unused, freeBytes: free)
        }
    }

    public func probe() async throws(StorageError) {
        try await database.reading { connection throws(StorageError) in
            try connection.run("SELECT key FROM archive LIMIT 1")
        }
    }

    public func close() async { await database.close() }
}
