public import StrictCoding

/// What a `store` asks for.
public struct StoreData: Sendable, Equatable {
    /// The last segment of the key, NFC, 1–255 bytes.
    public var name: String
    /// The folder above the task's own, NFC, at most 512 bytes and 16 segments; `nil`: none.
    public var path: String?
    /// Where the bytes come from.
    public var source: TaskSource
    /// The size that the source must have, in bytes.
    public var size: Int64?
    /// The digest that the source must have: 64 hexadecimal digits, lower case.
    public var sha256: String?
    /// Kept with the archive, not interpreted.
    public var mediaType: String?
    /// At most 32 entries, names `[a-z][a-z0-9_]{0,63}`, values at most 1,024 bytes together.
    public var metadata: [String: String]
    /// How long the archive must be kept.
    public var retention: Retention?
    /// Whether the archive is held until released.
    public var legalHold: Bool
    /// Drivers that shall get a copy as well.
    public var copies: [DriverName]
    /// Whether the source is removed once the archive is announced.
    public var removeSource: Bool
    /// Per driver name, what its driver decodes strictly.
    public var driverOptions: [DriverName: JSONValue]

    /// A request from its parts.
    public init(
        name: String, path: String? = nil, source: TaskSource, size: Int64? = nil, sha256: String? = nil,
        mediaType: String? = nil, metadata: [String: String] = [:], retention: Retention? = nil,
        legalHold: Bool = false, copies: [DriverName] = [], removeSource: Bool = false,
        driverOptions: [DriverName: JSONValue] = [:]
    ) {
        self.name = name
        self.path = path
        self.source = source
        self.size = size
        self.sha256 = sha256
        self.mediaType = mediaType
        self.metadata = metadata
        self.retention = retention
        self.legalHold = legalHold
        self.copies = copies
        self.removeSource = removeSource
        self.driverOptions = driverOptions
    }
}
