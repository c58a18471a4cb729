import CLinux
import Glibc

/// An open folder; everything below is reached from its descriptor, never through a symbolic link.
///
/// All calls block. Names are single segments, paths are segments between single slashes.
package struct Directory: Sendable {
    package let descriptor: FileDescriptor
    package let resolution: PathResolution

    /// The folder at a path of the operator's, which may lead through symbolic links.
    package static func open(
        _ path: String, resolution: PathResolution = .available()
    ) throws(FileSystemError) -> Directory {
        let number = try system("open") { shim_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0) }
        return Directory(descriptor: FileDescriptor(number), resolution: resolution)
    }

    /// The folder at `path` below this one.
    package func folder(_ path: String) throws(FileSystemError) -> Directory {
        Directory(
            descriptor: try resolution.open(path, below: descriptor, flags: O_RDONLY | O_DIRECTORY),
            resolution: resolution)
    }

    /// The same folder by a descriptor of its own.
    package func reopened() throws(FileSystemError) -> Directory {
        let number = try system("openat") {
            shim_openat(descriptor.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
        }
        return Directory(descriptor: FileDescriptor(number), resolution: resolution)
    }

    /// The folder `name` right in this one.
    package func child(_ name: String) throws(FileSystemError) -> Directory {
        let number = try system("openat") {
            shim_openat(descriptor.number, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0)
        }
        return Directory(descriptor: FileDescriptor(number), resolution: resolution)
    }

    /// Makes the folder `name`; returns whether it was not there.
    package func makeFolder(_ name: String, mode: UInt32) throws(FileSystemError) -> Bool {
        do throws(FileSystemError) {
            try system("mkdirat") { mkdirat(descriptor.number, name, mode) }
            return true
        } catch {
            if error.errno == EEXIST { return false }
            throw error
        }
    }

    /// The file at `path`, for reading; whatever it is, opening does not wait.
    package func file(_ path: String) throws(FileSystemError) -> OpenFile {
        OpenFile(try resolution.open(path, below: descriptor, flags: O_RDONLY | O_NONBLOCK | O_NOCTTY))
    }

    /// The file `name` right in this folder, for reading; `nil`: there is none.
    package func fileIfPresent(_ name: String) throws(FileSystemError) -> OpenFile? {
        let number = shim_openat(descriptor.number, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0)
        if number >= 0 { return OpenFile(FileDescriptor(number)) }
        if errno == ENOENT { return nil }
        throw FileSystemError(errno: errno, operation: "openat")
    }

    /// What stands under `name`; a symbolic link is something of its own, `nil` is nothing.
    package func status(_ name: String) throws(FileSystemError) -> FileStatus? {
        var status = stat()
        if fstatat(descriptor.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 { return FileStatus(status) }
        if errno == ENOENT { return nil }
        throw FileSystemError(errno: errno, operation: "fstatat")
    }

    /// What stands under a path of the operator's, behind symbolic links; `nil` is nothing.
    package static func status(of path: String) throws(FileSystemError) -> FileStatus? {
        var status = stat()
        if fstatat(AT_FDCWD, path, &status, 0) == 0 { return FileStatus(status) }
        if errno == ENOENT || errno == ENOTDIR { return nil }
        throw FileSystemError(errno: errno, operation: "fstatat")
    }

    /// Removes the file `name`; returns whether there was one.
    @discardableResult
    package func unlink(_ name: String) throws(FileSystemError) -> Bool {
        if unlinkat(descriptor.number, name, 0) == 0 { return true }
        if errno == ENOENT { return false }
        throw FileSystemError(errno: errno, operation: "unlinkat")
    }

    /// Gives the file another name in this folder; what bore it is replaced only where `replacing` says so.
    package func rename(_ name: String, to other: String, replacing: Bool = false) throws(FileSystemError) {
        let noReplace: UInt32 = 1  // RENAME_NOREPLACE
        try system("renameat2") {
            shim_renameat2(descriptor.number, name, descriptor.number, other, replacing ? 0 : noReplace)
        }
    }

    /// Waits until the names in this folder are on the medium.
    package func flush() throws(FileSystemError) {
        try system("fsync") { fsync(descriptor.number) }
    }

    /// Waits until everything that was written to the file system before is on the medium.
    ///
    /// A failed write-back is reported to each descriptor once: whoever must not miss the failure of what it wrote
    /// itself calls this on a descriptor of its own (`reopened`), opened before it wrote.
    package func flushFileSystem() throws(FileSystemError) {
        try system("syncfs") { shim_syncfs(descriptor.number) }
    }

    /// Waits until nobody else, in this process or another, holds the lock of this folder.
    package func lock() throws(FileSystemError) {
        try system("flock") { flock(descriptor.number, LOCK_EX) }
    }

    /// Gives the lock back; closing does so too.
    package func unlock() {
        _ = flock(descriptor.number, LOCK_UN)
    }

    /// What the file system says of itself.
    package func room() throws(FileSystemError) -> FileSystemRoom {
        var status = statvfs()
        try system("fstatvfs") { fstatvfs(descriptor.number, &status) }
        let block = Int64(status.f_frsize)
        return FileSystemRoom(
            totalBytes: Int64(status.f_blocks) * block, freeBytes: Int64(status.f_bavail) * block,
            usedBytes: (Int64(status.f_blocks) - Int64(status.f_bfree)) * block)
    }
}

/// How much room a file system has, in bytes.
package struct FileSystemRoom: Sendable, Equatable {
    package var totalBytes: Int64
    /// For unprivileged users.
    package var freeBytes: Int64
    package var usedBytes: Int64
}
