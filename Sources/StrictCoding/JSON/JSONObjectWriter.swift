/// Writes one JSON object from front to back, without a tree, as `JSONWriter` would in its compact layout.
///
/// The names are literals of plain ASCII, each written once in its object: nothing of that is looked after.
public struct JSONObjectWriter {
    private var text: [UInt8] = []
    private var needsComma = false

    /// An object that has just begun.
    public init(expectedBytes: Int) {
        text.reserveCapacity(expectedBytes)
        text.append(UInt8(ascii: "{"))
    }

    /// The text of the object, which ends here; all that was opened in it has been closed.
    public consuming func finished() -> [UInt8] {
        text.append(UInt8(ascii: "}"))
        return text
    }

    /// A text, or `null`.
    public mutating func member(_ name: StaticString, _ value: String?) {
        begin(name)
        if let value { text.append(quoted: value) } else { null() }
    }

    /// An integer, or `null`.
    public mutating func member(_ name: StaticString, _ value: Int64?) {
        begin(name)
        if let value { text.append(decimal: value) } else { null() }
    }

    /// `true` or `false`.
    public mutating func member(_ name: StaticString, _ value: Bool) {
        begin(name)
        append(value ? "true" : "false")
    }

    /// Any tree.
    public mutating func member(_ name: StaticString, _ value: JSONValue) {
        begin(name)
        text.append(contentsOf: JSONWriter.bytes(of: value, expectedBytes: 512))
    }

    /// An object, whose members `body` writes.
    public mutating func object(_ name: StaticString, _ body: (inout Self) -> Void) {
        begin(name)
        nest(UInt8(ascii: "{"), UInt8(ascii: "}"), body)
    }

    /// An array, whose elements `body` writes.
    public mutating func array(_ name: StaticString, _ body: (inout Self) -> Void) {
        begin(name)
        nest(UInt8(ascii: "["), UInt8(ascii: "]"), body)
    }

    /// An element of an array that is an object, whose members `body` writes.
    public mutating func element(_ body: (inout Self) -> Void) {
        separate()
        nest(UInt8(ascii: "{"), UInt8(ascii: "}"), body)
    }

    /// An element of an array that is a text.
    public mutating func element(_ value: String) {
        separate()
        text.append(quoted: value)
    }

    private mutating func nest(_ opening: UInt8, _ closing: UInt8, _ body: (inout Self) -> Void) {
        text.append(opening)
        needsComma = false
        body(&self)
        text.append(closing)
        needsComma = true
    }

    private mutating func begin(_ name: StaticString) {
        separate()
        text.append(UInt8(ascii: "\""))
        append(name)
        text.append(UInt8(ascii: "\""))
        text.append(UInt8(ascii: ":"))
    }

    private mutating func separate() {
        if needsComma { text.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func null() { append("null") }

    private mutating func append(_ literal: StaticString) {
        text.append(contentsOf: UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }
}
