import StrictCoding

/// The words that schemas are made of (JSON Schema, draft 2020-12).
extension JSONValue {
    /// An object; in a `closed` one other members are refused.
    static func schema(
        _ description: String? = nil, _ properties: KeyValuePairs<String, JSONValue>, required: [String] = [],
        closed: Bool = true
    ) -> JSONValue {
        var members: [JSONObject.Member] = []
        if let description { members.append(.init("description", .string(description))) }
        members.append(.init("type", "object"))
        members.append(.init("properties", JSONValue(members: properties)))
        if !required.isEmpty { members.append(.init("required", JSONValue(required))) }
        if closed { members.append(.init("additionalProperties", false)) }
        return .object(JSONObject(unique: members))
    }

    /// An object of an event: every member is there, and more may come.
    static func open(_ properties: KeyValuePairs<String, JSONValue>) -> JSONValue {
        schema(nil, properties, required: properties.map(\.key), closed: false)
    }

    /// One of the definitions beside.
    static func ref(_ name: String) -> JSONValue { JSONValue(members: ["$ref": .string("#/$defs/\(name)")]) }

    /// The same, or `null`.
    static func optional(_ schema: JSONValue) -> JSONValue {
        JSONValue(members: ["anyOf": [schema, JSONValue(members: ["type": "null"])]])
    }

    /// A text that matches a pattern.
    static func text(_ pattern: String? = nil, longest: Int64? = nil, _ description: String? = nil) -> JSONValue {
        var members: [JSONObject.Member] = []
        if let description { members.append(.init("description", .string(description))) }
        members.append(.init("type", "string"))
        if let pattern { members.append(.init("pattern", .string(pattern))) }
        if let longest { members.append(.init("maxLength", .integer(longest))) }
        return .object(JSONObject(unique: members))
    }

    /// An integer within a range.
    static func integer(_ range: ClosedRange<Int64> = 0 ... .max) -> JSONValue {
        JSONValue(members: [
            "type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound),
        ])
    }

    /// `true` or `false`.
    static var boolean: JSONValue { JSONValue(members: ["type": "boolean"]) }

    /// One of these texts.
    static func oneOf(texts: [String]) -> JSONValue { JSONValue(members: ["enum": JSONValue(texts)]) }

    /// Exactly this.
    static func exactly(_ value: JSONValue) -> JSONValue { JSONValue(members: ["const": value]) }

    /// An array.
    static func list(of element: JSONValue, longest: Int64? = nil, unique: Bool = false) -> JSONValue {
        var members: [JSONObject.Member] = [.init("type", "array"), .init("items", element)]
        if let longest { members.append(.init("maxItems", .integer(longest))) }
        if unique { members.append(.init("uniqueItems", true)) }
        return .object(JSONObject(unique: members))
    }

    /// An object of texts under free names.
    static func texts(names: JSONValue? = nil, values: JSONValue = .text(), longest: Int64? = nil) -> JSONValue {
        var members: [JSONObject.Member] = [.init("type", "object")]
        if let names { members.append(.init("propertyNames", names)) }
        members.append(.init("additionalProperties", values))
        if let longest { members.append(.init("maxProperties", .integer(longest))) }
        return .object(JSONObject(unique: members))
    }

    /// The same with further members.
    func with(_ more: KeyValuePairs<String, JSONValue>) -> JSONValue {
        guard case .object(var object) = self else { return self }
        for (name, value) in more { object[name] = value }
        return .object(object)
    }
}
