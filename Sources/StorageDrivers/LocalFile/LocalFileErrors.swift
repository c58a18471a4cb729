import FileSystem
import Glibc
import Storage
import StowageContract

/// What the system's error numbers mean for an archive.
///
/// Each row says what an operator has to do about it.
enum LocalFileErrors {
    /// The error of a call on the way to or within the store.
    static func error(_ error: FileSystemError, isAmbiguous: Bool = false) -> StorageError {
        let (code, retry, message) = meaning(of: error.errno)
        var context = ["call": error.operation, "errno": name(of: error.errno)]
        if error.errno == EIO || error.errno == EUCLEAN { context["damage"] = "the medium reports an error" }
        return StorageError(code, retry, message, isAmbiguous: isAmbiguous, context: context)
    }

    private static func meaning(of number: Int32) -> (ErrorCode, StorageError.Retry, String) {
        switch number {
        case ENOSPC: (.outOfSpace, .transient(after: nil), "the file system is full")
        case EDQUOT: (.outOfSpace, .transient(after: nil), "the quota is used up")
        case EFBIG: (.tooLarge, .permanent, "the file system does not take files of that size")
        case EROFS: (.readOnly, .permanent, "the file system is mounted read-only")
        case EACCES: (.permissionDenied, .permanent, "the worker's user may not do that")
        case EPERM: (.permissionDenied, .permanent, "the file system forbids it")
        case ELOOP: (.permissionDenied, .permanent, "a symbolic link stands within the store")
        case EXDEV: (.permissionDenied, .permanent, "the path leads out of the store")
        case ENAMETOOLONG: (.invalidTask, .permanent, "the file system does not take names of that length")
        case ENOTDIR: (.conflict, .permanent, "a file stands where the key needs a folder")
        case EISDIR: (.conflict, .permanent, "a folder stands where the key needs a file")
        case ENOENT: (.unavailable, .transient(after: nil), "the store's folder is not there")
        case ENOTCONN, ESTALE, ENODEV, ENXIO, EHOSTDOWN:
            (.unavailable, .transient(after: nil), "the file system is not reachable")
        case EIO, EUCLEAN: (.unavailable, .transient(after: nil), "the medium reports an error")
        case EMFILE, ENFILE: (.unavailable, .transient(after: nil), "too many files are open")
        case ENOMEM: (.unavailable, .transient(after: nil), "the system has no memory left")
        case EMLINK: (.outOfSpace, .transient(after: nil), "a folder has as many entries as it can")
        case ETIMEDOUT: (.timedOut, .transient(after: nil), "the file system did not answer in time")
        case EBUSY, EAGAIN: (.unavailable, .transient(after: nil), "the file system is busy")
        default: (.unexpected, .transient(after: nil), "the file system failed in a way nobody thought of")
        }
    }

    private static func name(of number: Int32) -> String {
        guard let name = strerrorname(number) else { return String(number) }
        return name
    }

    private static func strerrorname(_ number: Int32) -> String? {
        let names: [Int32: String] = [
            ENOSPC: "ENOSPC", EDQUOT: "EDQUOT", EFBIG: "EFBIG", EROFS: "EROFS", EACCES: "EACCES", EPERM: "EPERM",
            ELOOP: "ELOOP", EXDEV: "EXDEV", ENAMETOOLONG: "ENAMETOOLONG", ENOTDIR: "ENOTDIR", EISDIR: "EISDIR",
            ENOENT: "ENOENT", ESTALE: "ESTALE", EIO: "EIO", EUCLEAN: "EUCLEAN", EMFILE: "EMFILE", ENFILE: "ENFILE",
            ENOMEM: "ENOMEM", EMLINK: "EMLINK", ETIMEDOUT: "ETIMEDOUT", EBUSY: "EBUSY", EAGAIN: "EAGAIN",
            EEXIST: "EEXIST", EINVAL: "EINVAL", ENOTCONN: "ENOTCONN", ENODEV: "ENODEV", ENXIO: "ENXIO",
        ]
        return names[number]
    }

    /// What a store that cannot be opened gets: a missing root is a place that cannot be reached, never a verdict.
    static func opening(_ error: FileSystemError) -> StorageError {
        switch error.errno {
        case ENOENT, ENOTDIR, ENODEV, ESTALE, ENOTCONN:
            StorageError(
                .unavailable, .transient(after: nil), "the root of the store is missing, no folder, or not mounted",
                context: ["errno": name(of: error.errno)])
        default: Self.error(error)
        }
    }
}

/// Runs `body` with the errors of the file system translated.
@inline(__always)
func mapped<Value>(
    isAmbiguous: Bool = false, _ body: () throws(FileSystemError) -> Value
) throws(StorageError) -> Value {
    do throws(FileSystemError) {
        return try body()
    } catch {
        throw LocalFileErrors.error(error, isAmbiguous: isAmbiguous)
    }
}
