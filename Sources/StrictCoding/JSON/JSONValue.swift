/// A JSON document as a tree that keeps what strictness needs: integers apart from other numbers, and members in order.
///
/// Equality compares strings by their UTF-8 bytes, never by canonical equivalence: `"é"` composed and decomposed differ.
public enum JSONValue: Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// A number with a fraction, an exponent, or beyond `Int64`.
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

/// The members of a JSON object in their order; names are unique by UTF-8 bytes.
public struct JSONObject: Sendable {
    /// One name with its value.
    public struct Member: Sendable {
        /// The name as it stands in the document.
        public var name: String
        /// The value under the name.
        public var value: JSONValue

        /// A member from its parts.
        public init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// All members, in order.
    public private(set) var members: [Member]

    /// An object of these members; of members with one name the last stays.
    public init(_ members: [Member] = []) {
        self.members = []
        self.members.reserveCapacity(members.count)
        for member in members { self[member.name] = member.value }
    }

    /// An object of members that are known to have different names.
    public init(unique members: [Member]) {
        self.members = members
    }

    /// The value under `name`; setting `nil` removes the member.
    public subscript(name: String) -> JSONValue? {
        get { index(of: name).map { members[$0].value } }
        set {
            let index = index(of: name)
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(name, value))
            case (nil, nil): break
            }
        }
    }

    /// Where `name` stands; looked for from `start` on first.
    func index(of name: String, from start: Int = 0) -> Int? {
        for index in members.indices.dropFirst(start) where members[index].name.hasSameBytes(as: name) { return index }
        for index in members.indices.prefix(start) where members[index].name.hasSameBytes(as: name) { return index }
        return nil
    }
}

extension JSONValue: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral,
    ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral, ExpressibleByNilLiteral
{
    /// An object; of members with one name the last stays.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(JSONObject(elements.map { JSONObject.Member($0.0, $0.1) }))
    }

    /// An array.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }

    /// A string.
    public init(stringLiteral value: String) { self = .string(value) }

    /// An integer.
    public init(integerLiteral value: Int64) { self = .integer(value) }

    /// `true` or `false`.
    public init(booleanLiteral value: Bool) { self = .bool(value) }

    /// `null`.
    public init(nilLiteral: ()) { self = .null }
}
