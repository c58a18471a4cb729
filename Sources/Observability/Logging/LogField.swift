/// A dotted key with its value, which is cut to 2 KiB.
package struct LogField: Sendable, Equatable {
    /// The longest value in UTF-8 bytes, the mark of a cut included.
    package static let longestValue = 2048

    package let key: String
    package let value: String

    package init(_ key: String, _ value: some CustomStringConvertible) {
        self.key = key
        self.value = Self.cut(value.description)
    }

    private static func cut(_ text: String) -> String {
        let mark = "…"
        guard text.utf8.count > longestValue else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: longestValue - mark.utf8.count)
        // Back to where a scalar begins.
        while end > text.startIndex, text.utf8[end] & 0xC0 == 0x80 { text.utf8.formIndex(before: &end) }
        return String(decoding: text.utf8[..<end], as: UTF8.self) + mark
    }
}
