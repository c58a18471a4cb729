package import StowageContract

/// The names of what stands beside archives; none of them is ever listed.
package enum RecordName {
    package static let reserved = ".stowage"
    /// What tells a store without a server from another one.
    package static let store = ".stowage-store"
    package static let manifest = ".stowage.json"
    package static let deleted = ".stowage-deleted.json"
    package static let retainPrefix = ".stowage-retain-"
    package static let retainSuffix = ".json"

    /// The most bytes that a record is read with; a manifest has at most about 8 KiB of task data.
    package static let longestBytes = 1 << 20

    /// The record that a `retain` of this task leaves.
    package static func retain(_ taskID: TaskID) -> String { retainPrefix + taskID.text + retainSuffix }
}
