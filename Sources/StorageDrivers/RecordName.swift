import StowageContract

/// The names of what stands beside archives; none of them is ever listed.
enum RecordName {
    static let reserved = ".stowage"
    /// What tells a store without a server from another one.
    static let store = ".stowage-store"
    static let manifest = ".stowage.json"
    static let deleted = ".stowage-deleted.json"
    static let retainPrefix = ".stowage-retain-"
    static let retainSuffix = ".json"

    /// The most bytes that a record is read with; a manifest has at most about 8 KiB of task data.
    static let longestBytes = 1 << 20

    /// The record that a `retain` of this task leaves.
    static func retain(_ taskID: TaskID) -> String { retainPrefix + taskID.text + retainSuffix }
}
