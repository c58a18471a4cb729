public import StowageContract

/// A committed archive as its store knows it.
public struct StoredArchive: Sendable, Equatable {
    /// Where it lies.
    public var key: ArchiveKey
    /// How many bytes the store says there are.
    public var size: Int64
    /// What was recorded with it; `nil`: there is none (the archive was put there by somebody else).
    public var manifest: Manifest?
    /// What protects it now.
    public var protection: RetentionState
    /// The store's version id.
    public var version: String?
    /// The store's entity tag.
    public var etag: String?
    /// The storage class.
    public var tier: String?

    /// An archive from its parts.
    public init(
        key: ArchiveKey, size: Int64, manifest: Manifest?, protection: RetentionState, version: String? = nil,
        etag: String? = nil, tier: String? = nil
    ) {
        self.key = key
        self.size = size
        self.manifest = manifest
        self.protection = protection
        self.version = version
        self.etag = etag
        self.tier = tier
    }
}

/// What keeps an archive from being deleted.
public struct RetentionState: Sendable, Equatable {
    /// The latest retention in force, with who enforces it.
    public var retention: Retention?
    /// The tasks whose holds are in force.
    public var holds: [TaskID]

    /// A state from its parts.
    public init(retention: Retention? = nil, holds: [TaskID] = []) {
        self.retention = retention
        self.holds = holds
    }
}

/// What a driver is asked to protect.
public struct RetainRequest: Sendable {
    /// Which archive.
    public var key: ArchiveKey
    /// Which version of it.
    public var version: String?
    /// Who asks; names the record and the hold.
    public var taskID: TaskID
    /// The new, later end.
    public var retention: Retention?
    /// Whether this task holds the archive.
    public var hold: Bool
    /// Whose holds end.
    public var releases: [TaskID]

    /// A request from its parts.
    public init(
        key: ArchiveKey, version: String? = nil, taskID: TaskID, retention: Retention? = nil, hold: Bool = false,
        releases: [TaskID] = []
    ) {
        self.key = key
        self.version = version
        self.taskID = taskID
        self.retention = retention
        self.hold = hold
        self.releases = releases
    }
}

/// What a driver is asked to delete.
public struct DeleteRequest: Sendable {
    /// Which archive.
    public var key: ArchiveKey
    /// Which version of it.
    public var version: String?
    /// Who asks.
    public var taskID: TaskID
    /// Kept in the record of the deletion.
    public var reason: String?
    /// To be called with the archive as it stands when nothing can be added to its protection any more before it is
    /// gone; throws where it must not be deleted.
    ///
    /// A driver whose store enforces retention and holds itself need not call it.
    public var admit: @Sendable (StoredArchive) throws(StorageError) -> Void

    /// A request from its parts.
    public init(
        key: ArchiveKey, version: String? = nil, taskID: TaskID, reason: String? = nil,
        admit: @escaping @Sendable (StoredArchive) throws(StorageError) -> Void
    ) {
        self.key = key
        self.version = version
        self.taskID = taskID
        self.reason = reason
        self.admit = admit
    }
}

/// A part of a listing.
public struct ArchivePage: Sendable {
    /// One archive of a listing.
    public struct Entry: Sendable, Equatable {
        /// Where it lies.
        public var key: ArchiveKey
        /// In bytes.
        public var size: Int64
        /// When it was committed.
        public var storedAt: Timestamp
        /// The task that stored it, where the store knows.
        public var taskID: TaskID?

        /// An entry from its parts.
        public init(key: ArchiveKey, size: Int64, storedAt: Timestamp, taskID: TaskID?) {
            self.key = key
            self.size = size
            self.storedAt = storedAt
            self.taskID = taskID
        }
    }

    /// In byte order of key, at most the limit.
    public var entries: [Entry]
    /// Whether more may come behind the last entry.
    public var hasMore: Bool

    /// A page from its parts.
    public init(entries: [Entry], hasMore: Bool) {
        self.entries = entries
        self.hasMore = hasMore
    }
}
