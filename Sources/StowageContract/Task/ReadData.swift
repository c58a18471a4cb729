/// What a `retrieve` asks for.
public struct RetrieveData: Sendable, Equatable {
    /// Which archive.
    public var archive: ArchiveReference
    /// Where its bytes go.
    public var destination: TaskDestination
    /// The part that is wanted; `nil`: all of it.
    public var range: ByteRange?

    /// A request from its parts.
    public init(archive: ArchiveReference, destination: TaskDestination, range: ByteRange? = nil) {
        self.archive = archive
        self.destination = destination
        self.range = range
    }
}

/// A part of an archive: `{"offset": n, "length": m}` in a message.
public struct ByteRange: Sendable, Equatable {
    /// The first byte, from 0.
    public var offset: Int64
    /// How many bytes, at least 1; `nil`: to the end.
    public var length: Int64?

    /// A range from its parts.
    public init(offset: Int64, length: Int64? = nil) {
        self.offset = offset
        self.length = length
    }
}

/// What a `list` asks for.
public struct ListData: Sendable, Equatable {
    /// Keys must begin with this; empty: all.
    public var prefix: String
    /// Only keys behind this one, in byte order.
    public var after: String?
    /// At most this many, 1–1000.
    public var limit: Int

    /// A request from its parts.
    public init(prefix: String = "", after: String? = nil, limit: Int = 100) {
        self.prefix = prefix
        self.after = after
        self.limit = limit
    }
}

/// What a `verify` asks for.
public struct VerifyData: Sendable, Equatable {
    /// Which archive.
    public var archive: ArchiveReference
    /// The digest to compare with, besides the recorded one.
    public var sha256: String?

    /// A request from its parts.
    public init(archive: ArchiveReference, sha256: String? = nil) {
        self.archive = archive
        self.sha256 = sha256
    }
}

/// What a `check` asks for.
public struct CheckData: Sendable, Equatable {
    /// Whether a probe archive is written, read back and deleted.
    public var write: Bool
    /// Whether the store's write-once promise is tried; needed on stores that lock by default.
    public var worm: Bool

    /// A request from its parts.
    public init(write: Bool = true, worm: Bool = false) {
        self.write = write
        self.worm = worm
    }
}

/// What a `presign` asks for.
public struct PresignData: Sendable, Equatable {
    /// Which archive.
    public var archive: ArchiveReference
    /// How long the URL works, 1–604,800 seconds.
    public var expiresSeconds: Int

    /// A request from its parts.
    public init(archive: ArchiveReference, expiresSeconds: Int) {
        self.archive = archive
        self.expiresSeconds = expiresSeconds
    }
}
