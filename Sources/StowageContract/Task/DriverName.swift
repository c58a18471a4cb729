/// The name of a configured driver: `[a-z0-9-]{1,57}`, not ending in `-quick`, not `all`.
public struct DriverName: Sendable, Hashable, CustomStringConvertible {
    /// The name as text; ASCII only.
    public let text: String

    /// The name, or `nil` where `text` breaks the rule.
    public init?(_ text: String) {
        let bytes = text.utf8
        guard (1...57).contains(bytes.count), text != "all", !text.hasSuffix("-quick") else { return nil }
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): break
            default: return nil
            }
        }
        self.text = text
    }

    /// The name as text.
    public var description: String { text }
}
