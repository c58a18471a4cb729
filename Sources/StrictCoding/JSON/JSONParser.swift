/// Reads one JSON document by RFC 8259 to the letter.
///
/// Refused besides: two members of one name, more than 64 levels, numbers of more than 64 characters or beyond `Double`,
/// a byte order mark, and halves of surrogate pairs. An escaped NUL is a character like any other.
public enum JSONParser {
    /// How deep arrays and objects may stand in each other.
    public static let depthLimit = 64
    /// How many characters a number may have.
    public static let numberLimit = 64

    /// The document in `bytes`, all of which must belong to it.
    public static func parse(_ bytes: [UInt8]) throws(JSONSyntaxError) -> JSONValue {
        try bytes.withUnsafeBufferPointer { buffer throws(JSONSyntaxError) in try parse(buffer) }
    }

    /// The document in `text`, all of which must belong to it.
    public static func parse(text: String) throws(JSONSyntaxError) -> JSONValue { try parse(Array(text.utf8)) }

    /// The document in `bytes`, all of which must belong to it.
    public static func parse(_ bytes: UnsafeBufferPointer<UInt8>) throws(JSONSyntaxError) -> JSONValue {
        guard bytes.baseAddress != nil, bytes.count > 0 else {
            throw JSONSyntaxError("There is no text at all.", at: 0)
        }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            throw JSONSyntaxError("The text begins with a byte order mark; JSON has none.", at: 0)
        }
        var scanner = JSONScanner(bytes)
        let value = try scanner.document()
        return value
    }
}
