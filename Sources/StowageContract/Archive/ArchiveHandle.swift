/// The self-contained record of a stored archive: whoever holds it can retrieve, verify or delete the archive without
/// asking a database.
public struct ArchiveHandle: Sendable, Equatable {
    /// The driver that holds the archive.
    public var driver: DriverName
    /// `[<path>/]<task id>/<name>`, without the driver's prefix.
    public var key: String
    /// The name that the producer gave.
    public var name: String
    /// In bytes.
    public var size: Int64
    /// 64 hexadecimal digits, lower case.
    public var sha256: String
    /// Further digests by algorithm (`md5`, `crc32c`, …), lower-case hexadecimal.
    public var digests: [String: String]
    /// As the producer gave it.
    public var mediaType: String?
    /// When the archive was committed.
    public var storedAt: Timestamp
    /// The task that stored it.
    public var taskID: TaskID
    /// The store's version id, where it has versions.
    public var version: String?
    /// The store's entity tag, where it has one.
    public var etag: String?
    /// The identity of the store, where it keeps one (`.stowage-store`).
    public var storeID: String?
    /// The retention in force when the handle was made.
    public var retention: Retention?
    /// Whether a legal hold was in force when the handle was made.
    public var legalHold: Bool
    /// As the producer gave it.
    public var metadata: [String: String]
    /// The storage class or tier, where the store has one.
    public var tier: String?

    /// A handle from its parts.
    public init(
        driver: DriverName, key: String, name: String, size: Int64, sha256: String, digests: [String: String] = [:],
        mediaType: String? = nil, storedAt: Timestamp, taskID: TaskID, version: String? = nil, etag: String? = nil,
        storeID: String? = nil, retention: Retention? = nil, legalHold: Bool = false, metadata: [String: String] = [:],
        tier: String? = nil
    ) {
        self.driver = driver
        self.key = key
        self.name = name
        self.size = size
        self.sha256 = sha256
        self.digests = digests
        self.mediaType = mediaType
        self.storedAt = storedAt
        self.taskID = taskID
        self.version = version
        self.etag = etag
        self.storeID = storeID
        self.retention = retention
        self.legalHold = legalHold
        self.metadata = metadata
        self.tier = tier
    }
}
