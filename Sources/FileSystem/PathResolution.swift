import CLinux
import Glibc

/// How a path is kept below its folder.
package enum PathResolution: Sendable {
    /// By `openat2` with `RESOLVE_BENEATH`.
    case kernel
    /// Folder by folder with `O_NOFOLLOW`, where the kernel (before 5.6) or its sandbox has no `openat2`.
    case stepwise

    /// What this process can use.
    package static func available() -> PathResolution {
        let number = shim_openat2(
            AT_FDCWD, ".", UInt64(SHIM_O_PATH | O_DIRECTORY | O_CLOEXEC), 0, UInt64(RESOLVE_BENEATH))
        guard number >= 0 else { return .stepwise }
        close(number)
        return .kernel
    }

    /// Opens `path`, whose segments are neither empty nor `.` nor `..`, below `directory`; symbolic links are refused.
    func open(
        _ path: String, below directory: FileDescriptor, flags: Int32, mode: UInt32 = 0
    ) throws(FileSystemError) -> FileDescriptor {
        let flags = flags | O_CLOEXEC | O_NOFOLLOW
        switch self {
        case .kernel:
            let resolve = UInt64(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)
            var attempts = 0
            while true {
                let number = shim_openat2(directory.number, path, UInt64(flags), UInt64(mode), resolve)
                if number >= 0 { return FileDescriptor(number) }
                // EAGAIN: a rename elsewhere made the kernel unsure.
                attempts += 1
                if errno == EINTR || (errno == EAGAIN && attempts < 16) { continue }
                throw FileSystemError(errno: errno, operation: "openat2")
            }
        case .stepwise:
            var folder = directory
            let segments = path.split(separator: "/", omittingEmptySubsequences: false)
            for segment in segments.dropLast() {
                let parent = folder.number
                folder = FileDescriptor(
                    try system("openat") {
                        shim_openat(parent, String(segment), SHIM_O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0)
                    })
            }
            let parent = folder.number
            return FileDescriptor(
                try system("openat") { shim_openat(parent, String(segments.last ?? ""), flags, mode) })
        }
    }
}
