/// How a task names a stored archive: by key, or by what a handle says of it.
///
/// A handle in a task only locates the archive and says what to expect; retention, hold and digest come from the store.
public struct ArchiveReference: Sendable, Equatable {
    /// Where the reference came from.
    public enum Form: Sendable, Equatable { case key, handle }

    /// `key` or `handle`.
    public var form: Form
    /// The driver that the handle names; `nil` for a key.
    public var driver: DriverName?
    /// The archive's key.
    public var key: String
    /// The version to read, where the handle names one.
    public var version: String?
    /// The size to expect, in bytes.
    public var size: Int64?
    /// The digest to expect: 64 hexadecimal digits, lower case.
    public var sha256: String?
    /// The identity of the store that must answer.
    public var storeID: String?

    /// A reference from its parts.
    public init(
        form: Form, driver: DriverName? = nil, key: String, version: String? = nil, size: Int64? = nil,
        sha256: String? = nil, storeID: String? = nil
    ) {
        self.form = form
        self.driver = driver
        self.key = key
        self.version = version
        self.size = size
        self.sha256 = sha256
        self.storeID = storeID
    }

    /// The archive under `key`.
    public static func key(_ key: String) -> Self { Self(form: .key, key: key) }

    /// The archive that `handle` describes.
    public static func handle(_ handle: ArchiveHandle) -> Self {
        Self(
            form: .handle, driver: handle.driver, key: handle.key, version: handle.version, size: handle.size,
            sha256: handle.sha256, storeID: handle.storeID)
    }
}
