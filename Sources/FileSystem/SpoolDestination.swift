import Glibc
import ServiceRuntime

/// A file that is being written and appears, whole, when it is published.
///
/// All calls block.
package struct SpoolDestination: Sendable {
    /// How a publication ended.
    package enum Outcome: Sendable, Equatable {
        case created
        /// The same bytes stood there already.
        case alreadyThere
    }

    let name: String
    let folder: Directory
    let staged: StagedFile

    /// Appends all bytes.
    package func write(_ bytes: [UInt8]) throws(SpoolError) {
        do throws(FileSystemError) {
            try staged.file.write(bytes)
        } catch {
            throw SpoolError(.failed, "the file cannot be written", errno: error.errno)
        }
    }

    /// Flushes the bytes and gives the file its name; a file that stands there is never replaced.
    ///
    /// `worked` is called as bytes are compared.
    /// - Throws: `.occupied` where other bytes stand there.
    package func publish(worked: () -> Void = {}) throws(SpoolError) -> Outcome {
        do throws(FileSystemError) {
            try staged.file.flush()
            CrashPoint.reach(.afterTemporaryWrite)
            do throws(FileSystemError) {
                try staged.publish(as: name)
            } catch {
                guard error.errno == EEXIST else { throw error }
                staged.discard()
                guard try holdsTheSame(worked) else {
                    throw FileSystemError(errno: EEXIST, operation: "linkat")
                }
                return .alreadyThere
            }
            try folder.flush()
            CrashPoint.reach(.afterPublish)
            return .created
        } catch {
            if error.errno == EEXIST { throw SpoolError(.occupied, "other bytes stand at the destination") }
            throw SpoolError(.failed, "the file cannot be published", errno: error.errno)
        }
    }

    /// Leaves nothing behind.
    package func discard() {
        staged.discard()
    }

    private func holdsTheSame(_ worked: () -> Void) throws(FileSystemError) -> Bool {
        guard let other = try folder.fileIfPresent(name) else { return false }
        let status = try other.status()
        guard status.kind == .regular, status.size == (try staged.file.status()).size else { return false }
        var offset: Int64 = 0
        while true {
            let mine = try staged.file.read(at: offset, count: 1 << 20)
            guard mine == (try other.read(at: offset, count: 1 << 20)) else { return false }
            if mine.isEmpty { return true }
            offset += Int64(mine.count)
            worked()
        }
    }
}
