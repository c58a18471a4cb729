import CLinux
import Glibc

/// An open descriptor, closed when nobody refers to it any more.
package final class FileDescriptor: Sendable {
    package let number: Int32

    init(_ number: Int32) {
        self.number = number
    }

    deinit { close(number) }

    func status() throws(FileSystemError) -> FileStatus {
        var status = stat()
        try system("fstat") { fstat(number, &status) }
        return FileStatus(status)
    }
}

/// What the file system says of one file.
package struct FileStatus: Sendable, Equatable {
    /// What stands under a name.
    package enum Kind: Sendable { case regular, folder, other }

    package var kind: Kind
    package var device: UInt64
    package var inode: UInt64
    package var size: Int64
    /// Nanoseconds since the epoch.
    package var modifiedAt: Int64
    /// Permission bits.
    package var mode: UInt32

    init(_ status: stat) {
        switch status.st_mode & S_IFMT {
        case S_IFREG: kind = .regular
        case S_IFDIR: kind = .folder
        default: kind = .other
        }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        modifiedAt = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        mode = status.st_mode & 0o7777
    }
}
