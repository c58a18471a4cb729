import CLinux
import Glibc

/// An open file.
///
/// All calls block.
package struct OpenFile: Sendable {
    package let descriptor: FileDescriptor

    init(_ descriptor: FileDescriptor) {
        self.descriptor = descriptor
    }

    /// Appends all bytes at the file's own position.
    package func write(_ bytes: [UInt8]) throws(FileSystemError) {
        var written = 0
        while written < bytes.count {
            let rest = written
            written += try system("write") {
                bytes.withUnsafeBytes { buffer in
                    Glibc.write(descriptor.number, buffer.baseAddress.map { $0 + rest }, buffer.count - rest)
                }
            }
        }
    }

    /// At most `count` bytes from `offset` on; empty at the end.
    package func read(at offset: Int64, count: Int) throws(FileSystemError) -> [UInt8] {
        var failure: FileSystemError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            while true {
                let result = pread(descriptor.number, buffer.baseAddress, count, off_t(offset))
                if result >= 0 {
                    initialized = result
                    return
                }
                if errno == EINTR { continue }
                failure = FileSystemError(errno: errno, operation: "pread")
                return
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// The whole of a small file.
    ///
    /// - Throws: `EFBIG` where it has more than `limit` bytes.
    package func contents(limit: Int) throws(FileSystemError) -> [UInt8] {
        var contents = try read(at: 0, count: min(limit, 4096))
        guard contents.count == min(limit, 4096) else { return contents }
        while true {
            let more = try read(at: Int64(contents.count), count: 65_536)
            if more.isEmpty { return contents }
            contents += more
            if contents.count > limit { throw FileSystemError(errno: EFBIG, operation: "pread") }
        }
    }

    package func status() throws(FileSystemError) -> FileStatus { try descriptor.status() }

    /// Sets the permission bits, whatever the process masks.
    package func setMode(_ mode: UInt32) throws(FileSystemError) {
        try system("fchmod") { fchmod(descriptor.number, mode) }
    }

    /// Waits until the bytes are on the medium.
    package func flush() throws(FileSystemError) {
        try system("fdatasync") { fdatasync(descriptor.number) }
    }

    /// Lets the kernel begin to write these bytes out, so that a later flush has less to do.
    ///
    /// Not a promise of anything.
    package func startWriteback(at offset: Int64, count: Int64) {
        _ = shim_start_writeback(descriptor.number, offset, count)
    }
}
