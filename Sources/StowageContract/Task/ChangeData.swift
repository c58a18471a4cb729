/// What a `delete` asks for.
public struct DeleteData: Sendable, Equatable {
    /// Which archive.
    public var archive: ArchiveReference
    /// Whether an absent archive is an error.
    public var strict: Bool
    /// Kept in the tombstone.
    public var reason: String?

    /// A request from its parts.
    public init(archive: ArchiveReference, strict: Bool = false, reason: String? = nil) {
        self.archive = archive
        self.strict = strict
        self.reason = reason
    }
}

/// What a `copy` asks for.
public struct CopyData: Sendable, Equatable {
    /// Which archive.
    public var archive: ArchiveReference
    /// The peer driver that gets the copy.
    public var to: DriverName
    /// A folder of the copy's own; `nil`: the same key.
    public var path: String?
    /// Whether the original is removed once the copy is announced.
    public var removeSource: Bool

    /// A request from its parts.
    public init(archive: ArchiveReference, to: DriverName, path: String? = nil, removeSource: Bool = false) {
        self.archive = archive
        self.to = to
        self.path = path
        self.removeSource = removeSource
    }
}

/// What a `retain` asks for.
public struct RetainData: Sendable, Equatable {
    /// Which archive.
    public var archive: ArchiveReference
    /// The new, later end; `nil`: unchanged.
    public var retention: Retention?
    /// `true` sets a hold of this task's; `nil`: unchanged.
    public var legalHold: Bool?
    /// The tasks whose holds are released.
    public var releases: [TaskID]

    /// A request from its parts.
    public init(
        archive: ArchiveReference, retention: Retention? = nil, legalHold: Bool? = nil, releases: [TaskID] = []
    ) {
        self.archive = archive
        self.retention = retention
        self.legalHold = legalHold
        self.releases = releases
    }
}
