extension JSONValue {
    /// The text of a string.
    public var string: String? { if case .string(let text) = self { text } else { nil } }

    /// The value of an integer.
    public var integer: Int64? { if case .integer(let integer) = self { integer } else { nil } }

    /// The value of any number, integers rounded where they must be.
    public var double: Double? {
        switch self {
        case .integer(let integer): Double(integer)
        case .number(let number): number
        default: nil
        }
    }

    /// `true` or `false`.
    public var bool: Bool? { if case .bool(let bool) = self { bool } else { nil } }

    /// The elements of an array.
    public var array: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }

    /// The members of an object.
    public var object: JSONObject? { if case .object(let object) = self { object } else { nil } }

    /// Whether it is `null`.
    public var isNull: Bool { if case .null = self { true } else { false } }

    /// The value of the member `name`, where this is an object that has it.
    public subscript(name: String) -> JSONValue? { object?[name] }

    /// What it is, with its article: `a string`, `an object`, ….
    public var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer: "an integer"
        case .number: "a number that is no 64-bit integer"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
