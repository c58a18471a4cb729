import Glibc

/// What version 3 of the protocol tells of a file (draft-ietf-secsh-filexfer-02, §5), as far as it is used here.
struct SFTPAttributes: Sendable, Equatable {
    /// What kind of thing a file is.
    enum Kind: Sendable, Equatable {
        case file, folder, link
    }

    var size: UInt64?
    /// Type and permission bits as of `stat`.
    var mode: UInt32?
    /// Seconds since 1970.
    var modified: UInt32?

    /// `nil`: the server did not say.
    var kind: Kind? {
        guard let mode, mode & S_IFMT != 0 else { return nil }
        return switch mode & S_IFMT {
        case S_IFDIR: .folder
        case S_IFLNK: .link
        default: .file
        }
    }

    private static let hasSize: UInt32 = 1
    private static let hasOwner: UInt32 = 2
    private static let hasMode: UInt32 = 4
    private static let hasTimes: UInt32 = 8
    private static let hasMore: UInt32 = 0x8000_0000

    init(size: UInt64? = nil, mode: UInt32? = nil, modified: UInt32? = nil) {
        self.size = size
        self.mode = mode
        self.modified = modified
    }

    init(from reader: inout WireReader) throws(WireReader.Short) {
        let flags = try reader.uint32()
        if flags & Self.hasSize != 0 { size = try reader.uint64() }
        if flags & Self.hasOwner != 0 { (_, _) = (try reader.uint32(), try reader.uint32()) }
        if flags & Self.hasMode != 0 { mode = try reader.uint32() }
        if flags & Self.hasTimes != 0 { (_, modified) = (try reader.uint32(), try reader.uint32()) }
        if flags & Self.hasMore != 0 {
            for _ in 0..<(try reader.uint32()) { (_, _) = (try reader.text(), try reader.text()) }
        }
    }

    /// Only the size is ever set by us.
    func write(to writer: inout WireWriter) {
        writer.put(size == nil ? UInt32(0) : Self.hasSize)
        if let size { writer.put(size) }
    }
}
