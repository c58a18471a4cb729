import Glibc

/// Files that a command writes itself.
enum LocalFile {
    /// - Throws: where something stands at the path already.
    static func checkAbsent(_ path: String) throws(CommandFailure) {
        if access(path, F_OK) == 0 {
            throw CommandFailure(.usage, "\(path) exists already and is not replaced: choose another name")
        }
    }

    /// Makes a file of these bytes; never replaces one, and leaves nothing behind that is not complete.
    static func create(_ path: String, _ bytes: [UInt8]) throws(CommandFailure) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw failure(path) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let failure = failure(path)
                close(descriptor)
                unlink(path)
                throw failure
            }
            rest = rest.dropFirst(count)
        }
        guard close(descriptor) == 0 else {
            let failure = failure(path)
            unlink(path)
            throw failure
        }
    }

    private static func failure(_ path: String) -> CommandFailure {
        CommandFailure(.taskFailed, "\(path) cannot be written: \(String(cString: strerror(errno)))")
    }
}
