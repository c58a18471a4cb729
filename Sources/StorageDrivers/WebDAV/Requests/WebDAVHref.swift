/// What an `href` of a multistatus names, as decoded segments; pure.
///
/// Servers write URLs or paths, and encode as they like.
struct WebDAVHref: Sendable, Equatable {
    var segments: [[UInt8]]
    /// How servers show that it is a folder, where they say nothing else.
    var endsWithSlash: Bool

    /// `target`: what was asked for, which a relative one belongs to.
    init(_ text: String, relativeTo target: String) {
        let blanks = [UInt8](" \t\r\n".utf8)
        var bytes = text.utf8.drop { blanks.contains($0) }[...]
        while let last = bytes.last, blanks.contains(last) { bytes = bytes.dropLast() }
        if let end = bytes.firstIndex(where: { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }) {
            bytes = bytes[..<end]
        }
        var path = Self.withoutOrigin(Array(bytes))
        if path.first != UInt8(ascii: "/") {
            let folder = target.utf8.lastIndex(of: UInt8(ascii: "/")).map { Array(target.utf8[...$0]) } ?? []
            path = folder + path
        }
        endsWithSlash = path.last == UInt8(ascii: "/")
        segments = path.split(separator: UInt8(ascii: "/")).map { PercentDecoding.decode($0) }
    }

    /// The last segment, where a path of ours can have it.
    var name: String? {
        guard let last = segments.last, !last.isEmpty, last.count <= 255,
            !last.contains(where: { $0 < 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "/") }),
            !last.elementsEqual(".".utf8), !last.elementsEqual("..".utf8)
        else { return nil }
        let text = String(decoding: last, as: UTF8.self)
        // What is no UTF-8 would come out changed. C1 controls are two bytes long.
        guard text.utf8.elementsEqual(last), !text.unicodeScalars.contains(where: { (0x80...0x9F) ~= $0.value })
        else { return nil }
        return text
    }

    private static func withoutOrigin(_ bytes: [UInt8]) -> [UInt8] {
        if bytes.starts(with: "//".utf8) { return authorityDropped(bytes[2...]) }
        guard let colon = bytes.firstRange(of: Array("://".utf8)),
            bytes[..<colon.lowerBound].allSatisfy({ $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "%") })
        else { return bytes }
        return authorityDropped(bytes[colon.upperBound...])
    }

    private static func authorityDropped(_ rest: ArraySlice<UInt8>) -> [UInt8] {
        rest.firstIndex(of: UInt8(ascii: "/")).map { Array(rest[$0...]) } ?? [UInt8(ascii: "/")]
    }
}
