/// What a client asks in version 3 of the protocol, and of OpenSSH's extensions to it (`PROTOCOL` §4).
enum SFTPRequest: Sendable, Equatable {
    /// How a file is opened.
    struct OpenFlags: OptionSet, Sendable {
        let rawValue: UInt32

        static let read = OpenFlags(rawValue: 1)
        static let write = OpenFlags(rawValue: 2)
        static let create = OpenFlags(rawValue: 8)
        static let truncate = OpenFlags(rawValue: 16)
        static let exclusive = OpenFlags(rawValue: 32)
    }

    case open(String, OpenFlags)
    case close([UInt8])
    case read([UInt8], offset: UInt64, count: UInt32)
    case write([UInt8], offset: UInt64, ArraySlice<UInt8>)
    case statusOfHandle([UInt8])
    case setSize([UInt8], UInt64)
    case status(String, followingLinks: Bool)
    case openFolder(String)
    case readFolder([UInt8])
    case remove(String)
    case makeFolder(String)
    case removeFolder(String)
    case rename(String, String)
    /// `fsync@openssh.com`
    case flush([UInt8])
    /// `posix-rename@openssh.com`
    case replace(String, String)
    /// `hardlink@openssh.com`: the file, and its second name.
    case link(String, String)
    /// `statvfs@openssh.com`
    case room(String)
    /// `limits@openssh.com`
    case limits

    /// What a server is greeted with.
    static let greeting: [UInt8] = [0, 0, 0, 5, 1, 0, 0, 0, 3]

    /// What it is called in errors.
    var name: String {
        switch self {
        case .open: "open"
        case .close: "close"
        case .read: "read"
        case .write: "write"
        case .statusOfHandle: "fstat"
        case .setSize: "fsetstat"
        case .status(_, let followingLinks): followingLinks ? "stat" : "lstat"
        case .openFolder: "opendir"
        case .readFolder: "readdir"
        case .remove: "remove"
        case .makeFolder: "mkdir"
        case .removeFolder: "rmdir"
        case .rename: "rename"
        case .flush: "fsync"
        case .replace: "posix-rename"
        case .link: "hardlink"
        case .room: "statvfs"
        case .limits: "limits"
        }
    }

    /// The packet, its length in front.
    func packet(_ id: UInt32) -> [UInt8] {
        var size = 300
        if case .write(_, _, let data) = self { size += data.count }
        var writer = WireWriter(reserving: size)
        writer.put(UInt32(0))
        writer.put(number)
        writer.put(id)
        write(to: &writer)
        var bytes = writer.bytes
        withUnsafeBytes(of: UInt32(bytes.count - 4).bigEndian) { bytes.replaceSubrange(0..<4, with: $0) }
        return bytes
    }

    private var number: UInt8 {
        switch self {
        case .open: 3
        case .close: 4
        case .read: 5
        case .write: 6
        case .status(_, let followingLinks): followingLinks ? 17 : 7
        case .statusOfHandle: 8
        case .setSize: 10
        case .openFolder: 11
        case .readFolder: 12
        case .remove: 13
        case .makeFolder: 14
        case .removeFolder: 15
        case .rename: 18
        case .flush, .replace, .link, .room, .limits: 200
        }
    }

    private func write(to writer: inout WireWriter) {
        switch self {
        case .open(let path, let flags):
            writer.put(path)
            writer.put(flags.rawValue)
            SFTPAttributes().write(to: &writer)
        case .close(let handle), .statusOfHandle(let handle), .readFolder(let handle):
            writer.put(text: handle)
        case .read(let handle, let offset, let count):
            writer.put(text: handle)
            writer.put(offset)
            writer.put(count)
        case .write(let handle, let offset, let data):
            writer.put(text: handle)
            writer.put(offset)
            writer.put(text: data)
        case .setSize(let handle, let size):
            writer.put(text: handle)
            SFTPAttributes(size: size).write(to: &writer)
        case .status(let path, _), .openFolder(let path), .remove(let path), .removeFolder(let path):
            writer.put(path)
        case .makeFolder(let path):
            writer.put(path)
            SFTPAttributes().write(to: &writer)
        case .rename(let path, let target):
            writer.put(path)
            writer.put(target)
        case .flush(let handle):
            writer.put("fsync@openssh.com")
            writer.put(text: handle)
        case .replace(let path, let target):
            writer.put("posix-rename@openssh.com")
            writer.put(path)
            writer.put(target)
        case .link(let path, let target):
            writer.put("hardlink@openssh.com")
            writer.put(path)
            writer.put(target)
        case .room(let path):
            writer.put("statvfs@openssh.com")
            writer.put(path)
        case .limits:
            writer.put("limits@openssh.com")
        }
    }
}
