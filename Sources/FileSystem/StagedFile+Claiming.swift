import CLinux
import Glibc

extension StagedFile {
    /// The file that lies staged as `name` in `folder`, made where there is none, and nobody else's until it is closed.
    ///
    /// `nil`: somebody else has it, it may not be written, or the file system has no locks. What is claimed has that one
    /// name only: a file that was published in between is never handed out.
    package static func claim(
        _ name: String, in folder: Directory, mode: UInt32
    ) throws(FileSystemError) -> StagedFile? {
        // A name that changes hands each time we look has an owner.
        for _ in 0..<4 {
            guard let file = try openForWriting(name, in: folder, mode: mode) else { return nil }
            guard flock(file.descriptor.number, LOCK_EX | LOCK_NB) == 0 else { return nil }
            var (opened, named) = (stat(), stat())
            try system("fstat") { fstat(file.descriptor.number, &opened) }
            guard opened.st_mode & S_IFMT == S_IFREG else { return nil }
            // Before the lock was ours its last owner may have published the file or removed it.
            guard fstatat(folder.descriptor.number, name, &named, AT_SYMLINK_NOFOLLOW) == 0,
                opened.st_dev == named.st_dev, opened.st_ino == named.st_ino, opened.st_nlink == 1
            else { continue }
            return StagedFile(file: file, temporaryName: name, folder: folder)
        }
        return nil
    }

    /// Lets somebody else claim the file, at once and not when the last reference to it goes; nobody writes any more.
    package func release() {
        _ = flock(file.descriptor.number, LOCK_UN)
    }

    private static func openForWriting(
        _ name: String, in folder: Directory, mode: UInt32
    ) throws(FileSystemError) -> OpenFile? {
        let flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
        for isSecond in [false, true] {
            let number = shim_openat(folder.descriptor.number, name, flags, mode | S_IRUSR | S_IWUSR)
            if number >= 0 { return OpenFile(FileDescriptor(number)) }
            switch errno {
            case EINTR: continue
            case ELOOP, EISDIR, ENXIO, EPERM: return nil
            case EACCES:
                // Its last owner was killed when it had the mode of a finished archive already.
                guard !isSecond, let file = try? folder.fileIfPresent(name),
                    fchmod(file.descriptor.number, mode | S_IRUSR | S_IWUSR) == 0
                else { return nil }
            default: throw FileSystemError(errno: errno, operation: "openat")
            }
        }
        return nil
    }
}

extension OpenFile {
    /// Cuts the file behind its first `size` bytes and goes on writing there.
    package func cut(to size: Int64) throws(FileSystemError) {
        try system("ftruncate") { ftruncate(descriptor.number, off_t(size)) }
        try system("lseek") { lseek(descriptor.number, off_t(size), SEEK_SET) }
    }
}

extension Directory {
    /// Removes the file `name` unless somebody has claimed it; returns whether it was removed.
    package func unlinkUnclaimed(_ name: String) throws(FileSystemError) -> Bool {
        guard let file = try fileIfPresent(name), flock(file.descriptor.number, LOCK_EX | LOCK_NB) == 0 else {
            return false
        }
        // The lock is kept until it is gone, or somebody could claim it in between.
        let isGone = try unlink(name)
        _ = flock(file.descriptor.number, LOCK_UN)
        return isGone
    }
}
