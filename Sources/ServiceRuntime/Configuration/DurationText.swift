/// A duration as people write it: `500ms`, `5s`, `2m`, `1h`, `7d`; the text itself is a name (`stowage.retry.2m`).
package struct DurationText: Sendable, Hashable, CustomStringConvertible {
    /// As it was written.
    package let text: String
    package let duration: Duration

    /// The duration, or `nil` where `text` is not a number from 1 without leading zeros and a unit, or above 30 days.
    package init?(_ text: String) {
        let digits = text.utf8.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard let number = Int64(Substring(digits)), digits.count <= 12, digits.first != UInt8(ascii: "0") else {
            return nil
        }
        let milliseconds: Int64
        switch String(text.utf8.dropFirst(digits.count)) {
        case "ms": milliseconds = number
        case "s": milliseconds = number * 1000
        case "m": milliseconds = number * 60_000
        case "h": milliseconds = number * 3_600_000
        case "d": milliseconds = number * 86_400_000
        default: return nil
        }
        guard milliseconds <= 30 * 86_400_000 else { return nil }
        self.text = text
        self.duration = .milliseconds(milliseconds)
    }

    package var description: String { text }
}
