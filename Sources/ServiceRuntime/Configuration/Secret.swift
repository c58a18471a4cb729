/// A text that nothing prints: passwords, keys, tokens.
public struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The text itself, for the one place that needs it.
    public let exposed: String

    /// A secret of this text.
    public init(_ text: String) {
        self.exposed = text
    }

    /// Always `‹secret›`.
    public var description: String { "‹secret›" }

    /// Always `‹secret›`.
    public var debugDescription: String { "‹secret›" }

    /// Nothing to see.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension Secret: Decodable {
    /// From a plain string.
    public init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(String.self))
    }
}
