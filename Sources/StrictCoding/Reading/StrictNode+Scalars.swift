extension StrictNode {
    /// The value as a scalar; where it is none of that type this is noted, and a stand-in goes on.
    func bool() -> Bool {
        if case .bool(let bool) = value { return bool }
        _ = wrongType("true or false")
        return false
    }

    func string() -> String {
        if case .string(let text) = value { return text }
        _ = wrongType("a string")
        return ""
    }

    func double() -> Double {
        if let number = value.double { return number }
        _ = wrongType("a number")
        return 0
    }

    func integer<Integer: FixedWidthInteger>(_ type: Integer.Type) -> Integer {
        guard case .integer(let integer) = value else {
            _ = wrongType("an integer")
            return 0
        }
        if let exact = Integer(exactly: integer) { return exact }
        session.note(
            MemberProblem(path: path, message: "must be between \(Integer.min) and \(Integer.max), not \(integer)"))
        return 0
    }

    /// The value as any type.
    func any<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try session.decode(type, from: value, path: path)
    }
}

/// A value that is not looked into by name or index.
struct StrictScalar: SingleValueDecodingContainer {
    let node: StrictNode

    var codingPath: [any CodingKey] { [] }

    func decodeNil() -> Bool { node.value.isNull }
    func decode(_ type: Bool.Type) throws -> Bool { node.bool() }
    func decode(_ type: String.Type) throws -> String { node.string() }
    func decode(_ type: Double.Type) throws -> Double { node.double() }
    func decode(_ type: Float.Type) throws -> Float { Float(node.double()) }
    func decode(_ type: Int.Type) throws -> Int { node.integer(type) }
    func decode(_ type: Int8.Type) throws -> Int8 { node.integer(type) }
    func decode(_ type: Int16.Type) throws -> Int16 { node.integer(type) }
    func decode(_ type: Int32.Type) throws -> Int32 { node.integer(type) }
    func decode(_ type: Int64.Type) throws -> Int64 { node.integer(type) }
    func decode(_ type: UInt.Type) throws -> UInt { node.integer(type) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { node.integer(type) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { node.integer(type) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { node.integer(type) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { node.integer(type) }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try node.any(type) }
}
