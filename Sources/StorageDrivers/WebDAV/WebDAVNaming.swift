/// How the segments of a path are called on a server; pure.
///
/// Some servers do not keep every name: nginx leaves those that begin with a dot out of its listings, WsgiDAV drops what comes
/// behind a `;` or `?` in the name that something is moved to. There the characters are written as a URL writes them
/// (`%2E`, `%3B`, `%3F`), and `%` too, where it would be taken for the beginning of one of these. No two names become one.
struct WebDAVNaming: Sendable, Equatable {
    /// Whether the server is one of these.
    var isCautious = false

    /// What may stand behind a `%` that we have written; all else is as it was.
    private static let codes: [(code: [UInt8], byte: UInt8)] = [
        (Array("2E".utf8), UInt8(ascii: ".")), (Array("3B".utf8), UInt8(ascii: ";")),
        (Array("3F".utf8), UInt8(ascii: "?")), (Array("25".utf8), UInt8(ascii: "%")),
    ]

    /// The name on the server of a path, segment by segment.
    func written(_ path: String) -> String {
        guard isCautious else { return path }
        return path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map { String(decoding: Self.written(Array($0)), as: UTF8.self) }.joined(separator: "/")
    }

    /// The segment that has this name on the server; `nil`: none has.
    func read(_ name: String) -> String? {
        guard isCautious else { return name }
        let bytes = Array(name.utf8)
        let segment = Self.read(bytes)
        // Somebody else's, which could not be asked for by the name that it would show.
        return Self.written(segment) == bytes ? String(decoding: segment, as: UTF8.self) : nil
    }

    private static func written(_ segment: [UInt8]) -> [UInt8] {
        var name: [UInt8] = []
        for (index, byte) in segment.enumerated() {
            let isPlain =
                switch byte {
                case UInt8(ascii: "."): index > 0
                case UInt8(ascii: ";"), UInt8(ascii: "?"): false
                case UInt8(ascii: "%"): !codes.contains { segment[(index + 1)...].starts(with: $0.code) }
                default: true
                }
            if !isPlain, let code = codes.first(where: { $0.byte == byte })?.code {
                name += [UInt8(ascii: "%")] + code
            } else {
                name.append(byte)
            }
        }
        return name
    }

    private static func read(_ name: [UInt8]) -> [UInt8] {
        var segment: [UInt8] = []
        var rest = name[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let (code, meant) = codes.first(where: { rest.starts(with: $0.code) }) {
                segment.append(meant)
                rest = rest.dropFirst(code.count)
            } else {
                segment.append(byte)
            }
        }
        return segment
    }
}
