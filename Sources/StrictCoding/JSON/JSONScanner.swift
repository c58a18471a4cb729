/// A position in the bytes of a document, and what can be read there.
///
/// It must not outlive the buffer it was made of.
struct JSONScanner {
    let bytes: UnsafeBufferPointer<UInt8>
    var position = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    /// The byte at the position; 0 at the end, which is no byte that any rule accepts.
    @inline(__always)
    var current: UInt8 { position < bytes.count ? bytes[position] : 0 }

    mutating func document() throws(JSONSyntaxError) -> JSONValue {
        skipSpace()
        let value = try value(depth: 0)
        skipSpace()
        guard position == bytes.count else {
            throw JSONSyntaxError("Something follows the document: \(found).", at: position)
        }
        return value
    }

    @inline(__always)
    mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    mutating func value(depth: Int) throws(JSONSyntaxError) -> JSONValue {
        switch current {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "{"): return .object(try object(depth: depth + 1))
        case UInt8(ascii: "["): return .array(try array(depth: depth + 1))
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: throw JSONSyntaxError("A value is expected, not \(found).", at: position)
        }
    }

    private mutating func object(depth: Int) throws(JSONSyntaxError) -> JSONObject {
        try enter(depth)
        var members: [JSONObject.Member] = []
        var names = MemberNames()
        skipSpace()
        if current == UInt8(ascii: "}") {
            position += 1
            return JSONObject()
        }
        members.reserveCapacity(8)
        while true {
            let start = position
            guard current == UInt8(ascii: "\"") else {
                throw JSONSyntaxError("The name of a member is expected, not \(found).", at: position)
            }
            let name = try string()
            guard names.insert(name, into: members) else {
                throw JSONSyntaxError("The member \(name.excerpt) stands twice in one object.", at: start)
            }
            skipSpace()
            guard current == UInt8(ascii: ":") else {
                throw JSONSyntaxError("A colon is expected after the name of a member, not \(found).", at: position)
            }
            position += 1
            skipSpace()
            members.append(JSONObject.Member(name, try value(depth: depth)))
            if try isLast(closing: UInt8(ascii: "}")) { return JSONObject(unique: members) }
        }
    }

    private mutating func array(depth: Int) throws(JSONSyntaxError) -> [JSONValue] {
        try enter(depth)
        var elements: [JSONValue] = []
        skipSpace()
        if current == UInt8(ascii: "]") {
            position += 1
            return []
        }
        while true {
            elements.append(try value(depth: depth))
            if try isLast(closing: UInt8(ascii: "]")) { return elements }
        }
    }

    /// Takes the opening bracket.
    private mutating func enter(_ depth: Int) throws(JSONSyntaxError) {
        guard depth <= JSONParser.depthLimit else {
            throw JSONSyntaxError(
                "Arrays and objects stand more than \(JSONParser.depthLimit) levels deep in each other.", at: position)
        }
        position += 1
    }

    /// Takes the comma or the closing bracket behind an element, with the space around it.
    private mutating func isLast(closing: UInt8) throws(JSONSyntaxError) -> Bool {
        skipSpace()
        let byte = current
        if byte == UInt8(ascii: ",") {
            position += 1
            skipSpace()
            return false
        }
        if byte == closing {
            position += 1
            return true
        }
        let bracket = String(UnicodeScalar(closing))
        throw JSONSyntaxError("A comma or \(bracket) is expected, not \(found).", at: position)
    }

    private mutating func word(_ text: StaticString, _ value: JSONValue) throws(JSONSyntaxError) -> JSONValue {
        let count = text.utf8CodeUnitCount
        for index in 0..<count {
            guard position + index < bytes.count, bytes[position + index] == text.utf8Start[index] else {
                throw JSONSyntaxError("A value is expected; \(text) is not spelled out.", at: position)
            }
        }
        position += count
        return value
    }

    /// What stands at the position, in words for an error.
    var found: String {
        guard position < bytes.count else { return "the end of the text" }
        switch bytes[position] {
        case 0x21...0x7E: return "“\(UnicodeScalar(bytes[position]))”"
        case let byte: return "the byte 0x" + String(byte, radix: 16, uppercase: true)
        }
    }
}

/// Tells whether a name came before, in constant time once an object is large.
private struct MemberNames {
    private struct Name: Hashable {
        var text: String

        static func == (left: Self, right: Self) -> Bool { left.text.hasSameBytes(as: right.text) }

        func hash(into hasher: inout Hasher) {
            var text = text
            text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        }
    }

    private var large: Set<Name> = []

    /// Whether `name` is none of those of `members`; each name must come through here.
    @inline(__always)
    mutating func insert(_ name: String, into members: [JSONObject.Member]) -> Bool {
        if members.count < 24 { return !members.contains { $0.name.hasSameBytes(as: name) } }
        if large.isEmpty { large = Set(members.map { Name(text: $0.name) }) }
        return large.insert(Name(text: name)).inserted
    }
}
