/// A store that makes a copy of an archive by itself: the bytes do not pass through us.
///
/// Declared by `capabilities.serverSideCopy`.
public protocol ServerSideCopying: StorageDriver {
    /// Whether this driver's store, asked with this driver's credentials, is known to have what `source` has.
    func reaches(_ source: any StorageDriver) -> Bool

    /// As `write`, with the bytes of an archive of a driver that it `reaches`.
    ///
    /// Nobody hashes them on the way: `request.seal`, called before the commit, records what the original's manifest says,
    /// and `request.size` and `request.sha256` say it too. What the copy has is proved before this returns, as
    /// `request.verify` asks: by a digest of the store's that can be compared with `sha256`, else by reading it; `.none` and
    /// `.size` leave that out.
    /// - Returns: `nil` where the bytes have to pass through us, or had better: the store refuses, or what it made is not what
    ///   it should be and was removed. Nothing stands then that did not before.
    func copy(_ request: WriteRequest, of original: CopyOriginal) async throws(StorageError) -> WriteReceipt?
}

/// An archive that a store is to copy by itself.
public struct CopyOriginal: Sendable {
    /// Where it lies.
    public var key: ArchiveKey
    /// The version that was looked at.
    public var version: String?
    /// The entity tag of what was looked at.
    public var etag: String?
    /// The driver whose archive it is.
    public var driver: any StorageDriver

    /// An original from its parts.
    public init(key: ArchiveKey, version: String?, etag: String?, driver: any StorageDriver) {
        self.key = key
        self.version = version
        self.etag = etag
        self.driver = driver
    }
}
