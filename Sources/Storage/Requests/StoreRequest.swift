package import StowageContract
package import StrictCoding

/// What a `store` or a `copy` asks of one storage; where the bytes come from is said apart.
package struct StoreRequest: Sendable {
    /// `.store` or `.copy`.
    package var operation: Operation
    /// Who asks; the folder of the archive, unless `key` says otherwise.
    package var taskID: TaskID
    /// The last segment of the key.
    package var name: String
    /// The folder above the task's own.
    package var path: String?
    /// The size that the source must have, in bytes.
    package var size: Int64?
    /// The digest that the source must have: 64 hexadecimal digits, lower case.
    package var sha256: String?
    /// Kept with the archive.
    package var mediaType: String?
    /// Kept with the archive.
    package var metadata: [String: String]
    /// How long the archive must be kept.
    package var retention: Retention?
    /// Whether the archive is held until released.
    package var legalHold: Bool
    /// The task's `driverOptions` for this driver.
    package var options: JSONValue?
    /// Whether an earlier delivery may have done it: the store is then looked at first.
    package var mayHaveRunBefore: Bool
    /// For a copy, the handle that it is made from.
    package var copiedFrom: JSONValue?
    /// For a copy that keeps its key, the key, without any driver's prefix; `nil`: `[<path>/]<task id>/<name>`.
    package var key: ArchiveKey?
    /// For a copy, what it is made from: proves the bytes, and gives the copy its manifest.
    var origin: CopyOrigin?
    /// How long this delivery may go on, where another one can resume the store; `nil`: to the end.
    package var slice: Slice?
    /// Told of every byte that moves; `nil`: nobody looks.
    package var meter: TransferMeter?

    /// A request from its parts.
    package init(
        operation: Operation = .store, taskID: TaskID, name: String, path: String? = nil, size: Int64? = nil,
        sha256: String? = nil, mediaType: String? = nil, metadata: [String: String] = [:], retention: Retention? = nil,
        legalHold: Bool = false, options: JSONValue? = nil, mayHaveRunBefore: Bool = false,
        copiedFrom: JSONValue? = nil, key: ArchiveKey? = nil
    ) {
        self.operation = operation
        self.taskID = taskID
        self.name = name
        self.path = path
        self.size = size
        self.sha256 = sha256
        self.mediaType = mediaType
        self.metadata = metadata
        self.retention = retention
        self.legalHold = legalHold
        self.options = options
        self.mayHaveRunBefore = mayHaveRunBefore
        self.copiedFrom = copiedFrom
        self.key = key
    }
}
