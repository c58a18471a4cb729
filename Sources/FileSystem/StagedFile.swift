import CLinux
import Glibc

/// A file that nobody sees until it is published under a name; gone by itself where the file system can do that.
///
/// One owner; published or discarded by its end.
package struct StagedFile: Sendable {
    package let file: OpenFile
    /// Where it lies for the time being; `nil`: nowhere (`O_TMPFILE`).
    package let temporaryName: String?
    private let folder: Directory

    init(file: OpenFile, temporaryName: String?, folder: Directory) {
        self.file = file
        self.temporaryName = temporaryName
        self.folder = folder
    }

    /// Makes one in `folder`; `isUnnamed: false` does without `O_TMPFILE`.
    package static func make(
        in folder: Directory, mode: UInt32, isUnnamed: Bool = true
    ) throws(FileSystemError) -> StagedFile {
        if isUnnamed {
            let number = shim_open_unnamed(folder.descriptor.number, mode)
            if number >= 0 {
                let staged = StagedFile(file: OpenFile(FileDescriptor(number)), temporaryName: nil, folder: folder)
                try staged.file.setMode(mode)
                return staged
            }
            // Not every file system has nameless files, and kernels before 3.11 take the flag for a folder.
            guard errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL else {
                throw FileSystemError(errno: errno, operation: "openat(O_TMPFILE)")
            }
        }
        let name = TemporaryName.make()
        let number = try system("openat") {
            shim_openat(folder.descriptor.number, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        }
        let staged = StagedFile(file: OpenFile(FileDescriptor(number)), temporaryName: name, folder: folder)
        try staged.file.setMode(mode)
        return staged
    }

    /// Gives the file its name, which nothing must bear: never replaces.
    ///
    /// - Throws: `EEXIST` where the name is taken; the file is then still staged.
    package func publish(as name: String) throws(FileSystemError) {
        if let temporaryName {
            try folder.rename(temporaryName, to: name)
            return
        }
        let target = folder.descriptor.number
        if shim_link_descriptor(file.descriptor.number, target, name) == 0 { return }
        // Older kernels want a privilege for that and say ENOENT; the way through /proc needs none.
        guard errno == ENOENT || errno == EPERM else { throw FileSystemError(errno: errno, operation: "linkat") }
        try system("linkat") {
            linkat(AT_FDCWD, "/proc/self/fd/\(file.descriptor.number)", target, name, AT_SYMLINK_FOLLOW)
        }
    }

    /// Publishes under a name that may be taken by an earlier version, which is replaced at once or not at all.
    package func publishReplacing(as name: String) throws(FileSystemError) {
        if let temporaryName {
            try folder.rename(temporaryName, to: name, replacing: true)
            return
        }
        let temporary = TemporaryName.make()
        try publish(as: temporary)
        try folder.rename(temporary, to: name, replacing: true)
    }

    /// Removes what was not published.
    package func discard() {
        if let temporaryName { _ = try? folder.unlink(temporaryName) }
    }
}

/// Names of files that are not finished: `.stowage-` and 32 hexadecimal digits.
package enum TemporaryName {
    /// A name that nobody else draws.
    package static func make() -> String {
        var generator = SystemRandomNumberGenerator()
        let digits = [generator.next(), generator.next()].map { (number: UInt64) in
            let text = String(number, radix: 16)
            return String(repeating: "0", count: 16 - text.utf8.count) + text
        }
        return ".stowage-" + digits.joined()
    }

    /// Whether `name` was made by `make`.
    package static func matches(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        guard bytes.count == 41, bytes.starts(with: ".stowage-".utf8) else { return false }
        return bytes.dropFirst(9).allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}
