public import StowageContract

/// A store that says it locks archives: what `check` tries past everything of ours that refuses before the store is asked.
///
/// Both are called for an archive of the check's own, whose retention is in force.
public protocol LockProving: StorageDriver {
    /// The mode that archives get here, for the check's to get the same.
    var lockMode: Retention.Mode { get }

    /// Writes other bytes over the archive, and reads it again.
    ///
    /// - Throws: `.retained` where the store refused, or the archive is what it was: an overwritten version that
    ///   stays is as good. Returns where the archive is lost.
    func tryOverwriting(_ key: ArchiveKey, version: String?) async throws(StorageError)

    /// Asks for the earlier end `until`.
    ///
    /// - Throws: `.retained` where the store refused, or the later end is still in force. Returns where it gave in.
    func tryShortening(
        _ key: ArchiveKey, version: String?, until: Timestamp, mode: Retention.Mode
    ) async throws(StorageError)
}
