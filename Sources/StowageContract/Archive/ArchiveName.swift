@_spi(_Unicode) import Swift

/// The rules for names, paths and keys of archives.
public enum ArchiveName {
    /// Why a text is no name, path or key.
    public struct Problem: Error, Equatable, Sendable {
        /// The rest of a sentence that begins with the member: `must not be empty`.
        public var message: String

        init(_ message: String) { self.message = message }
    }

    /// How many bytes one segment may have.
    public static let segmentBytes = 255
    /// How many bytes a path may have.
    public static let pathBytes = 512
    /// How many segments a path may have.
    public static let pathSegments = 16
    /// How many bytes a key may have, without the driver's prefix.
    public static let keyBytes = 900

    /// `text` in NFC, where it can be the last segment of a key.
    public static func normalisedName(_ text: String) throws(Problem) -> String {
        let name = try normalised(text, limit: segmentBytes)
        if name.utf8.contains(UInt8(ascii: "/")) { throw Problem("must not contain a slash; folders go into path") }
        try checkSegment(Substring(name))
        return name
    }

    /// `text` in NFC, where it can be the folder above an archive's own.
    public static func normalisedPath(_ text: String) throws(Problem) -> String {
        try normalisedSegments(text, bytes: pathBytes, segments: pathSegments)
    }

    /// `text` in NFC, where it can be the key of an archive.
    public static func normalisedKey(_ text: String) throws(Problem) -> String {
        try normalisedSegments(text, bytes: keyBytes, segments: pathSegments + 2)
    }

    /// `text` in NFC, where keys can begin with it; the last segment may be empty or incomplete.
    public static func normalisedPrefix(_ text: String) throws(Problem) -> String {
        if text.isEmpty { return text }
        let prefix = try normalised(text, limit: keyBytes)
        let segments = prefix.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for (index, segment) in segments.enumerated() where index < segments.count - 1 || !segment.isEmpty {
            try checkSegment(Substring(segment))
        }
        return prefix
    }

    /// `[<path>/]<task id>/<name>`, of parts that have been checked.
    public static func key(path: String?, taskID: TaskID, name: String) -> String {
        let own = taskID.text + "/" + name
        return path.map { $0 + "/" + own } ?? own
    }

    private static func normalisedSegments(
        _ text: String, bytes: Int, segments limit: Int
    ) throws(Problem) -> String {
        let text = try normalised(text, limit: bytes)
        let bytes = text.utf8
        guard bytes.count(where: { $0 == UInt8(ascii: "/") }) < limit else {
            throw Problem("must have at most \(limit) segments")
        }
        var rest = bytes[...]
        while let slash = rest.firstIndex(of: UInt8(ascii: "/")) {
            try checkSegment(Substring(rest[..<slash]))
            rest = rest[bytes.index(after: slash)...]
        }
        try checkSegment(Substring(rest))
        return text
    }

    /// `text` in NFC, which must have between 1 and `limit` bytes and no control characters.
    private static func normalised(_ text: String, limit: Int) throws(Problem) -> String {
        if text.isEmpty { throw Problem("must not be empty") }
        // NFC makes no text shorter than a third, so what is far too long is not even normalised.
        guard text.utf8.count <= 3 * limit else { throw Problem("must have at most \(limit) bytes") }
        var result = text
        if !text.utf8.allSatisfy({ $0 < 0x80 }) {
            result = ""
            result.unicodeScalars.append(contentsOf: text._nfc)
        }
        guard result.utf8.count <= limit else { throw Problem("must have at most \(limit) bytes") }
        if result.hasControlCharacters { throw Problem("must not contain control characters") }
        return result
    }

    private static func checkSegment(_ segment: Substring) throws(Problem) {
        let bytes = segment.utf8
        if bytes.isEmpty { throw Problem("must not have an empty segment") }
        if bytes.count > segmentBytes { throw Problem("must not have a segment of more than \(segmentBytes) bytes") }
        if bytes.first != UInt8(ascii: ".") { return }
        if bytes.elementsEqual(".".utf8) || bytes.elementsEqual("..".utf8) {
            throw Problem("must not have a segment that is . or ..")
        }
        if bytes.starts(with: ".stowage".utf8) { throw Problem("must not have a segment that begins with .stowage") }
    }
}

extension String {
    /// Whether a character of Unicode's category Cc is in it: C0, DEL, C1.
    var hasControlCharacters: Bool {
        var previous: UInt8 = 0
        for byte in utf8 {
            if byte < 0x20 || byte == 0x7F || (previous == 0xC2 && (0x80..<0xA0).contains(byte)) { return true }
            previous = byte
        }
        return false
    }
}
