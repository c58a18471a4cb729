/// A source file of a task, open for reading.
package final class SpoolFile: Sendable {
    /// What must not change between hashing and removing.
    package struct Identity: Sendable, Equatable {
        package var device: UInt64
        package var inode: UInt64
        package var size: Int64
        /// Nanoseconds since the epoch.
        package var modifiedAt: Int64

        init(_ status: FileStatus) {
            device = status.device
            inode = status.inode
            size = status.size
            modifiedAt = status.modifiedAt
        }
    }

    /// The path as the task named it.
    package let path: String
    /// The file as it was when it was opened.
    package let identity: Identity
    private let file: OpenFile

    init(path: String, file: OpenFile, status: FileStatus) {
        self.path = path
        self.file = file
        self.identity = Identity(status)
    }

    /// At most `count` bytes from `offset` on, by a call that blocks; empty at the end.
    package func read(at offset: Int64, count: Int) throws(SpoolError) -> [UInt8] {
        do throws(FileSystemError) {
            return try file.read(at: offset, count: count)
        } catch {
            throw SpoolError(.failed, "the file cannot be read", errno: error.errno)
        }
    }

    /// Whether the file is still the one that was opened, in place and unwritten; blocks.
    package func isUnchanged() -> Bool {
        guard let status = try? file.status() else { return false }
        return Identity(status) == identity
    }
}
