/// Where paths of the seam lie on the server.
///
/// The one place where a path for the wire is made: nothing with a control character comes out of it.
struct SFTPPath: Sendable, Equatable {
    /// The folders of the root, from the server's root on.
    let root: [String]

    /// From the configured path, with or without a slash in front; `nil`: no path.
    init?(root text: String) {
        let segments = text.split(separator: "/").map(String.init)
        guard segments.allSatisfy(Self.isSegment) else { return nil }
        root = segments
    }

    /// The path of the wire; `nil`: `path` is none.
    func wire(_ path: String) -> String? {
        guard !path.isEmpty else { return "/" + root.joined(separator: "/") }
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard segments.allSatisfy(Self.isSegment) else { return nil }
        return "/" + (root + segments).joined(separator: "/")
    }

    /// The folder above; `nil`: the path is a root.
    static func parent(_ wire: String) -> String? {
        guard wire != "/", let slash = wire.utf8.lastIndex(of: UInt8(ascii: "/")) else { return nil }
        return slash == wire.utf8.startIndex ? "/" : String(wire[..<slash])
    }

    /// Whether a path can have it as a segment.
    static func isSegment(_ text: String) -> Bool {
        !text.isEmpty && text != "." && text != ".." && text.utf8.count <= 255
            && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) && $0 != "/" }
    }
}
