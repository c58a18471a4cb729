import FileSystem
import Glibc
import Storage
import StowageContract

extension SpoolError {
    /// As a failure of the source or the destination.
    ///
    /// A file that is not there yet, or a disk that is full, may be right the next time; a trick or a file of other
    /// bytes will not.
    func storageError(at place: ErrorPlace) -> StorageError {
        let (code, retry): (ErrorCode, StorageError.Retry) =
            switch reason {
            case .refused, .notRegular: (.permissionDenied, .permanent)
            case .missing: (.notFound, .permanent)
            case .occupied: (.conflict, .permanent)
            case .failed:
                switch errno {
                case ENOSPC, EDQUOT: (.outOfSpace, .transient(after: nil))
                case EROFS: (.readOnly, .permanent)
                case EACCES, EPERM: (.permissionDenied, .permanent)
                default: (.unavailable, .transient(after: nil))
                }
            }
        return StorageError(code, retry, message, at: place, context: errno == 0 ? [:] : ["errno": "\(errno)"])
    }
}
