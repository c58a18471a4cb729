import Storage
import StowageContract

extension StorageError {
    /// Of an upload whose body had more or fewer bytes than were said.
    static let sourceSize = StorageError(
        .integrityMismatch, .permanent, "the source does not have the size that was promised", at: .source)
}
