import Glibc

/// Files that are read whole before anything runs: the configuration and what it names.
package enum SmallFile {
    /// Why a file cannot be read, as the rest of a sentence: `does not exist`.
    package struct Failure: Error, Sendable, Equatable {
        package var message: String
    }

    /// All bytes of a file of at most `limit` bytes.
    package static func bytes(of path: String, limit: Int) throws(Failure) -> [UInt8] {
        guard !path.utf8.contains(0) else { throw Failure(message: "has a NUL in its name") }
        // Not blocking: a FIFO without a writer must not hang the start.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure(errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure(errno)
            }
            bytes.append(contentsOf: chunk[..<count])
            guard bytes.count <= limit else { throw Failure(message: "is larger than \(limit) bytes") }
        }
    }

    private static func failure(_ code: Int32) -> Failure {
        switch code {
        case ENOENT, ENOTDIR: Failure(message: "does not exist")
        case EACCES, EPERM: Failure(message: "cannot be read: no permission")
        case EISDIR: Failure(message: "is a folder")
        default: Failure(message: "cannot be read: \(String(cString: strerror(code)))")
        }
    }
}
