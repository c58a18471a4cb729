/// Strict, typed access to the members of one object: each member is asked for once, then `finish` refuses the others.
///
/// `null` counts as absent.
public struct ObjectReader {
    /// Where the object stands; empty for the document itself.
    public let path: String
    /// The object that is read.
    public let object: JSONObject
    private var asked: [String] = []
    /// Which of the first 64 members were asked for.
    private var found: UInt64 = 0
    /// Where the next member is looked for first: documents mostly have them in the order of the contract.
    private var next = 0

    /// A reader of `object`, which stands at `path`.
    public init(_ object: JSONObject, path: String = "") {
        self.object = object
        self.path = path
        asked.reserveCapacity(16)
    }

    /// A reader of `value`, which must be an object.
    public init(_ value: JSONValue, path: String = "") throws(MemberProblem) {
        guard case .object(let object) = value else {
            throw MemberProblem.wrongType(path: path, expected: "an object", found: value)
        }
        self.init(object, path: path)
    }

    /// The path of the member `name`.
    public func path(of name: String) -> String { MemberProblem.path(path, member: name) }

    /// A problem with the member `name`.
    public func problem(_ name: String, _ message: String) -> MemberProblem {
        MemberProblem(path: path(of: name), message: message)
    }

    /// The member `name`; `nil` where it is absent or `null`.
    public mutating func value(_ name: String) -> JSONValue? {
        asked.append(name)
        guard let index = object.index(of: name, from: next) else { return nil }
        next = index + 1
        if index < 64 { found |= 1 << index }
        let value = object.members[index].value
        // Not by `?:`, which would take `nil` for the tree's own null.
        guard !value.isNull else { return nil }
        return value
    }

    /// The text of the member `name`; `nil` where it is absent.
    public mutating func string(_ name: String) throws(MemberProblem) -> String? {
        guard let value = value(name) else { return nil }
        guard case .string(let text) = value else { throw wrong(name, "a string", value) }
        return text
    }

    /// The integer of the member `name`, within `range`; `nil` where it is absent.
    public mutating func integer(
        _ name: String, in range: ClosedRange<Int64> = .min ... .max
    ) throws(MemberProblem) -> Int64? {
        guard let value = value(name) else { return nil }
        guard case .integer(let integer) = value else { throw wrong(name, "an integer", value) }
        guard range.contains(integer) else {
            let allowed =
                range.upperBound == .max
                ? "at least \(range.lowerBound)" : "between \(range.lowerBound) and \(range.upperBound)"
            throw problem(name, "must be \(allowed), not \(integer)")
        }
        return integer
    }

    /// The boolean of the member `name`; `nil` where it is absent.
    public mutating func bool(_ name: String) throws(MemberProblem) -> Bool? {
        guard let value = value(name) else { return nil }
        guard case .bool(let bool) = value else { throw wrong(name, "true or false", value) }
        return bool
    }

    /// The elements of the member `name`; `nil` where it is absent.
    public mutating func array(_ name: String) throws(MemberProblem) -> [JSONValue]? {
        guard let value = value(name) else { return nil }
        guard case .array(let elements) = value else { throw wrong(name, "an array", value) }
        return elements
    }

    /// The object of the member `name`; `nil` where it is absent.
    public mutating func object(_ name: String) throws(MemberProblem) -> JSONObject? {
        guard let value = value(name) else { return nil }
        guard case .object(let object) = value else { throw wrong(name, "an object", value) }
        return object
    }

    /// A reader of the object under `name`; `nil` where it is absent.
    public mutating func reader(_ name: String) throws(MemberProblem) -> ObjectReader? {
        guard let object = try object(name) else { return nil }
        return ObjectReader(object, path: path(of: name))
    }

    /// The member `name` of an enumeration's cases; `nil` where it is absent.
    @inlinable
    public mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, as type: Choice.Type
    ) throws(MemberProblem) -> Choice? where Choice.RawValue == String {
        guard let text = try string(name) else { return nil }
        for choice in Choice.allCases where choice.rawValue.hasSameBytes(as: text) { return choice }
        throw .notOne(of: Choice.allCases.map(\.rawValue), text, path: path(of: name))
    }

    /// `value`, or the problem that the member `name` is missing.
    public func require<Value>(_ name: String, _ value: Value?) throws(MemberProblem) -> Value {
        if let value { return value }
        // Only so many are looked at: a hostile object may have a hundred thousand.
        let near = object.members.prefix(64).first { member in
            !asked.contains { $0.hasSameBytes(as: member.name) } && NearestName.of(member.name, among: [name]) != nil
        }
        let hint = near.map { "; did you mean it by \(path(of: $0.name))?" } ?? ""
        throw problem(name, "is missing" + hint)
    }

    /// Refuses the first member that was not asked for.
    public func finish() throws(MemberProblem) {
        for (index, member) in object.members.enumerated() {
            let isKnown =
                index < 64
                ? found & 1 << index != 0 : asked.contains { $0.hasSameBytes(as: member.name) }
            if isKnown { continue }
            throw .unknown(member.name, in: path, known: asked)
        }
    }

    private func wrong(_ name: String, _ expected: String, _ found: JSONValue) -> MemberProblem {
        .wrongType(path: path(of: name), expected: expected, found: found)
    }
}
