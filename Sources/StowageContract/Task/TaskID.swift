/// The idempotency key of a task: `[A-Za-z0-9][A-Za-z0-9._:-]{0,127}`.
public struct TaskID: Sendable, Hashable, CustomStringConvertible {
    /// The id as text; ASCII only.
    public let text: String

    /// The id, or `nil` where `text` does not match the pattern.
    public init?(_ text: String) {
        var isFirst = true
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                break
            case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "-"):
                if isFirst { return nil }
            default: return nil
            }
            isFirst = false
        }
        guard !isFirst, text.utf8.count <= 128 else { return nil }
        self.text = text
    }

    /// The id as text.
    public var description: String { text }

    /// The id that stands in the events of a message whose task has none: `sha256-<hex of the body>`.
    ///
    /// - Parameter sha256Hex: 64 hexadecimal digits, lower case.
    /// - Returns: An id like any other.
    public static func forUnreadable(sha256Hex: String) -> Self { Self(trusted: "sha256-" + sha256Hex) }

    private init(trusted text: String) { self.text = text }
}
