import CLinux
import Glibc

/// One name in a folder.
package struct DirectoryEntry: Sendable, Equatable {
    package var name: String
    package var kind: FileStatus.Kind
}

extension Directory {
    /// What is in this folder, without `.` and `..`, in no order; names that are not UTF-8 are left out.
    package func entries() throws(FileSystemError) -> [DirectoryEntry] {
        // A descriptor of its own, because reading moves the position that copies of a descriptor share.
        let number = try system("openat") {
            shim_openat(descriptor.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
        }
        guard let stream = fdopendir(number) else {
            let code = errno
            close(number)
            throw FileSystemError(errno: code, operation: "fdopendir")
        }
        defer { closedir(stream) }
        var entries: [DirectoryEntry] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                if errno != 0 { throw FileSystemError(errno: errno, operation: "readdir") }
                return entries
            }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: UInt8.self, capacity: MemoryLayout.size(ofValue: tuple.pointee)) {
                    String(validating: UnsafeBufferPointer(start: $0, count: strlen($0)), as: UTF8.self)
                }
            }
            guard let name, name != ".", name != ".." else { continue }
            let kind: FileStatus.Kind
            switch Int32(entry.pointee.d_type) {
            case 8: kind = .regular  // DT_REG
            case 4: kind = .folder  // DT_DIR
            case 0: kind = try status(name)?.kind ?? .other  // DT_UNKNOWN: the file system does not say
            default: kind = .other
            }
            entries.append(DirectoryEntry(name: name, kind: kind))
        }
    }
}

extension String {
    /// Byte order.
    package func precedesInBytes(_ other: String) -> Bool {
        utf8.lexicographicallyPrecedes(other.utf8)
    }
}
