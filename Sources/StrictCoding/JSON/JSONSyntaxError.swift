/// Why bytes are not one JSON document.
public struct JSONSyntaxError: Error, Equatable, CustomStringConvertible {
    /// One sentence without the place; foreign text in it is escaped and cut.
    public var message: String
    /// The byte, from 0, at which it was noticed.
    public var offset: Int

    /// An error from its parts.
    public init(_ message: String, at offset: Int) {
        self.message = message
        self.offset = offset
    }

    /// The sentence with its place.
    public var description: String { "\(message) (byte \(offset))" }
}
