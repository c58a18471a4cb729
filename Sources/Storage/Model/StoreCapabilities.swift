/// What a store can do: obeyed by `Storage`, and the selection of conformance cases.
public struct StoreCapabilities: Sendable, Equatable {
    /// The store refuses a second archive under a key by itself; else we look before and after.
    public var atomicCreate = false
    /// Parts can be read.
    public var rangeRead = false
    /// The digest that the store computes of what it took (`sha256`, `md5`, …).
    public var serverDigest: String?
    /// Parts of an upload can be sent apart.
    public var multipart = false
    /// Another worker can go on with an upload.
    public var resumableUpload = false
    /// The store copies archives by itself, from wherever it reaches.
    public var serverSideCopy = false
    /// A URL for one archive can be given out.
    public var presign = false
    /// The store itself enforces retention; else Stowage does.
    public var retention = false
    /// The store itself enforces legal holds; else Stowage does.
    public var legalHold = false
    /// Archives can be listed.
    public var list = false
    /// Listings show when the store took an archive, by its own clock, instead of when it was sealed.
    public var listsStoreTimes = false
    /// The store says how much room it has.
    public var capacity = false
    /// The largest archive, in bytes; `nil`: not known.
    public var largestArchiveBytes: Int64?
    /// The longest key, in bytes, prefix included.
    public var longestKeyBytes = 1024
    /// The longest segment of a key, in bytes.
    public var longestSegmentBytes = 255
    /// Archives have storage classes.
    public var tier = false
    /// What the store loses when the process ends (`memory`).
    public var isVolatile = false

    /// Nothing but what every store can do.
    public init() {}
}
