/// The members of an object, as a type sees them by its keys.
struct StrictMembers<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let node: StrictNode
    let object: JSONObject

    var codingPath: [any CodingKey] { [] }

    var allKeys: [Key] {
        node.isOpen = true
        return object.members.compactMap { Key(stringValue: $0.name) }
    }

    func contains(_ key: Key) -> Bool { member(key) != nil }

    func decodeNil(forKey key: Key) throws -> Bool { member(key)?.isNull ?? true }

    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { child(key)?.bool() ?? false }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { child(key)?.string() ?? "" }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { child(key)?.double() ?? 0 }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { Float(child(key)?.double() ?? 0) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { child(key)?.integer(type) ?? 0 }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { child(key)?.integer(type) ?? 0 }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { child(key)?.integer(type) ?? 0 }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { child(key)?.integer(type) ?? 0 }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { child(key)?.integer(type) ?? 0 }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { child(key)?.integer(type) ?? 0 }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { child(key)?.integer(type) ?? 0 }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { child(key)?.integer(type) ?? 0 }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { child(key)?.integer(type) ?? 0 }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { child(key)?.integer(type) ?? 0 }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        guard let child = child(key) else { throw StrictDecodingSession.Noted() }
        return try child.any(type)
    }

    /// A value that is allowed to be absent may also be of the wrong type without hiding what is wrong elsewhere.
    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        guard let value = member(key), !value.isNull else { return nil }
        return try? StrictNode(value: value, path: path(key), session: node.session).any(type)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        guard let child = child(key) else { throw StrictDecodingSession.Noted() }
        node.parts.append(child)
        return try child.container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        guard let child = child(key) else { throw StrictDecodingSession.Noted() }
        return try child.unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { node }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        guard let child = child(key) else { throw StrictDecodingSession.Noted() }
        node.parts.append(child)
        return child
    }

    private func member(_ key: Key) -> JSONValue? {
        node.known.append(key.stringValue)
        return object[key.stringValue]
    }

    private func path(_ key: Key) -> String { MemberProblem.path(node.path, member: key.stringValue) }

    /// The value under `key`; where there is none this is noted.
    private func child(_ key: Key) -> StrictNode? {
        let value = member(key)
        if let value { return StrictNode(value: value, path: path(key), session: node.session) }
        node.session.note(MemberProblem(path: path(key), message: "is missing"))
        return nil
    }
}
