public import StowageContract
public import StrictCoding

/// What is recorded with every archive: all that a handle is made of, and the request that made it.
public struct Manifest: Sendable, Equatable {
    /// The task that stored the archive.
    public var taskID: TaskID
    /// The last segment of the key.
    public var name: String
    /// In bytes.
    public var size: Int64
    /// 64 hexadecimal digits.
    public var sha256: String
    /// Further digests by algorithm.
    public var digests: [String: String]
    /// As the producer gave it.
    public var mediaType: String?
    /// As the producer gave it.
    public var metadata: [String: String]
    /// When the archive was sealed.
    public var storedAt: Timestamp
    /// The retention asked for at the time of storing; of a copy, the one that was in force on its original.
    public var retention: Retention?
    /// Whether a hold was asked for at the time of storing; of a copy, whether one was in force on its original.
    public var legalHold: Bool
    /// Of a copy, the tasks whose holds were in force on its original; else empty, and a hold is `taskID`'s.
    public var holds: [TaskID]
    /// The members of the request that make its fingerprint, with defaults filled in.
    public var request: JSONObject
    /// SHA-256 over the RFC 8785 form of `request`: 64 hexadecimal digits.
    public var fingerprint: String
    /// The handle that a copy was made from.
    public var copiedFrom: JSONValue?
    /// The task that made the copy.
    public var copiedBy: TaskID?

    /// A manifest from its parts.
    public init(
        taskID: TaskID, name: String, size: Int64, sha256: String, digests: [String: String] = [:],
        mediaType: String? = nil, metadata: [String: String] = [:], storedAt: Timestamp, retention: Retention? = nil,
        legalHold: Bool = false, holds: [TaskID] = [], request: JSONObject, fingerprint: String,
        copiedFrom: JSONValue? = nil,
        copiedBy: TaskID? = nil
    ) {
        self.taskID = taskID
        self.name = name
        self.size = size
        self.sha256 = sha256
        self.digests = digests
        self.mediaType = mediaType
        self.metadata = metadata
        self.storedAt = storedAt
        self.retention = retention
        self.legalHold = legalHold
        self.holds = holds
        self.request = request
        self.fingerprint = fingerprint
        self.copiedFrom = copiedFrom
        self.copiedBy = copiedBy
    }
}
