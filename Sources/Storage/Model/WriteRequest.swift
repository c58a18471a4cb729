public import StowageContract
public import StrictCoding

/// What a driver is asked to write.
public struct WriteRequest: Sendable {
    /// Where.
    public var key: ArchiveKey
    /// The task that stores it.
    public var taskID: TaskID
    /// What the producer calls its type.
    public var mediaType: String?
    /// The producer's metadata.
    public var metadata: [String: String]
    /// To be put in force with the archive, where the store can.
    public var retention: Retention?
    /// To be put in force with the archive, where the store can.
    public var legalHold: Bool
    /// How many bytes the body will have, where it is known.
    public var size: Int64?
    /// The digest that the whole must have, where the task says so: 64 hexadecimal digits.
    public var sha256: String?
    /// How the bytes are to be proved; what the driver proves before its commit it says in the receipt.
    public var verify: VerificationPolicy
    /// The task's `driverOptions` for this driver, validated.
    public var options: JSONValue?
    /// To be called whenever bytes moved that `body` did not bring, as when they are read back; callable from any thread.
    ///
    /// A write during which nothing moves for too long is stopped.
    public var worked: @Sendable () -> Void
    /// To be called once, after the body's end and before the commit: what is to be recorded with the archive.
    ///
    /// Throws when the bytes are not those that the task promised; the driver then discards what it wrote.
    public var seal: @Sendable () throws(StorageError) -> Manifest

    /// A request from its parts.
    public init(
        key: ArchiveKey, taskID: TaskID, mediaType: String? = nil, metadata: [String: String] = [:],
        retention: Retention? = nil, legalHold: Bool = false, size: Int64? = nil, sha256: String? = nil,
        verify: VerificationPolicy = .server, options: JSONValue? = nil,
        worked: @escaping @Sendable () -> Void = {},
        seal: @escaping @Sendable () throws(StorageError) -> Manifest
    ) {
        self.key = key
        self.taskID = taskID
        self.mediaType = mediaType
        self.metadata = metadata
        self.retention = retention
        self.legalHold = legalHold
        self.size = size
        self.sha256 = sha256
        self.verify = verify
        self.options = options
        self.worked = worked
        self.seal = seal
    }
}

/// How written bytes are proved (`verify` in the configuration).
public enum VerificationPolicy: String, Sendable, CaseIterable {
    /// Not at all.
    case none
    /// By their number.
    case size
    /// By a digest that the store computes, else by reading them back.
    case server
    /// By reading them back.
    case reread
}

/// What a driver says of a committed archive.
public struct WriteReceipt: Sendable {
    /// How the driver proved the bytes before or at the commit; `nil`: it did not.
    public var verified: Verification?
    /// How it made sure that nothing was replaced.
    public var exclusive: Exclusivity
    /// What survives a loss of power.
    public var durability: Durability
    /// What is stored now, as `stat` would say it.
    public var archive: StoredArchive

    /// A receipt from its parts.
    public init(verified: Verification?, exclusive: Exclusivity, durability: Durability, archive: StoredArchive) {
        self.verified = verified
        self.exclusive = exclusive
        self.durability = durability
        self.archive = archive
    }
}
