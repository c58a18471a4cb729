/// Writes a tree as JSON text in UTF-8.
public struct JSONWriter {
    /// How the text is laid out.
    public enum Layout: Sendable {
        /// On one line without any space.
        case compact
        /// For people: one member or element on a line, two spaces a level.
        case pretty
    }

    private var bytes: [UInt8] = []
    private let layout: Layout

    private init(_ layout: Layout, capacity: Int) {
        self.layout = layout
        bytes.reserveCapacity(capacity)
    }

    /// The text of `value`; numbers that JSON cannot express (NaN, infinities) become `null`.
    public static func bytes(
        of value: JSONValue, layout: Layout = .compact, expectedBytes: Int = 1024
    ) -> [UInt8] {
        var writer = Self(layout, capacity: expectedBytes)
        writer.write(value, level: 0)
        return writer.bytes
    }

    /// The text of `value`.
    public static func text(of value: JSONValue, layout: Layout = .compact) -> String {
        String(decoding: bytes(of: value, layout: layout), as: UTF8.self)
    }

    private mutating func write(_ value: JSONValue, level: Int) {
        switch value {
        case .null: bytes.append(contentsOf: [0x6E, 0x75, 0x6C, 0x6C])
        case .bool(true): bytes.append(contentsOf: [0x74, 0x72, 0x75, 0x65])
        case .bool(false): bytes.append(contentsOf: [0x66, 0x61, 0x6C, 0x73, 0x65])
        case .integer(let integer): bytes.append(decimal: integer)
        case .number(let number):
            bytes.append(contentsOf: (number.isFinite ? number.description : "null").utf8)
        case .string(let text): bytes.append(quoted: text)
        case .array(let elements): write(elements, level: level)
        case .object(let object): write(object, level: level)
        }
    }

    private mutating func write(_ elements: [JSONValue], level: Int) {
        bytes.append(UInt8(ascii: "["))
        var isFirst = true
        for element in elements {
            separate(isFirst: &isFirst, level: level + 1)
            write(element, level: level + 1)
        }
        if !isFirst { breakLine(level: level) }
        bytes.append(UInt8(ascii: "]"))
    }

    private mutating func write(_ object: JSONObject, level: Int) {
        bytes.append(UInt8(ascii: "{"))
        var isFirst = true
        for member in object.members {
            separate(isFirst: &isFirst, level: level + 1)
            bytes.append(quoted: member.name)
            bytes.append(UInt8(ascii: ":"))
            if layout == .pretty { bytes.append(0x20) }
            write(member.value, level: level + 1)
        }
        if !isFirst { breakLine(level: level) }
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func separate(isFirst: inout Bool, level: Int) {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
        breakLine(level: level)
    }

    private mutating func breakLine(level: Int) {
        guard layout == .pretty else { return }
        bytes.append(0x0A)
        bytes.append(contentsOf: repeatElement(0x20, count: 2 * level))
    }
}
