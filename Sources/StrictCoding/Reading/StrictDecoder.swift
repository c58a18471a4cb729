/// Decodes any `Decodable` type strictly, and says everything that is wrong at once.
///
/// Refused are members that the type did not ask for (with the nearest known name), wrong types, integers written with a
/// fraction or exponent, and integers that do not fit. `null` is an absent value only where the type allows one.
public struct StrictDecoder: Sendable {
    /// Put before all paths: where the value stands.
    public var path: String
    /// Members of the value itself that are read by somebody else.
    public var alsoKnown: [String]

    /// A decoder for a value that stands at `path`.
    public init(path: String = "", alsoKnown: [String] = []) {
        self.path = path
        self.alsoKnown = alsoKnown
    }

    /// The value as a `type`.
    public func decode<Value: Decodable>(
        _ type: Value.Type, from value: JSONValue
    ) throws(StrictDecodingError) -> Value {
        let session = StrictDecodingSession()
        let decoded: Value?
        do {
            decoded = try session.decode(type, from: value, path: path, alsoKnown: alsoKnown)
        } catch {
            session.note(error, path: path)
            decoded = nil
        }
        guard let decoded, session.problems.isEmpty else { throw StrictDecodingError(problems: session.problems) }
        return decoded
    }
}

/// What one decoding found; used by one thread, and not after the decoding.
final class StrictDecodingSession {
    private(set) var problems: [MemberProblem] = []

    /// Thrown where nothing can stand in for a value; the problem has been noted.
    struct Noted: Error {}

    func note(_ problem: MemberProblem) {
        if !problems.contains(where: { $0.path == problem.path }) { problems.append(problem) }
    }

    /// Notes what a type's own `init(from:)` threw.
    func note(_ error: any Error, path: String) {
        switch error {
        case is Noted: break
        case let problem as MemberProblem: note(problem)
        case DecodingError.dataCorrupted(let context), DecodingError.typeMismatch(_, let context),
            DecodingError.valueNotFound(_, let context), DecodingError.keyNotFound(_, let context):
            note(MemberProblem(path: path, message: "cannot be used: " + context.debugDescription))
        default: note(MemberProblem(path: path, message: "cannot be used: \(error)"))
        }
    }

    /// The value as a `type`, its unknown members noted.
    func decode<Value: Decodable>(
        _ type: Value.Type, from value: JSONValue, path: String, alsoKnown: [String] = []
    ) throws -> Value {
        if type == JSONValue.self { return value as! Value }
        let node = StrictNode(value: value, path: path, session: self, known: alsoKnown)
        do {
            let decoded = try Value(from: node)
            node.refuseUnknown(isComplete: true)
            return decoded
        } catch {
            if case .string(let text) = value, let choices = Self.choices(of: type), !choices.isEmpty {
                note(MemberProblem.notOne(of: choices, text, path: path))
            }
            note(error, path: path)
            node.refuseUnknown(isComplete: false)
            throw Noted()
        }
    }

    /// The texts of an enumeration's cases; `nil` for other types.
    private static func choices(of type: any Decodable.Type) -> [String]? {
        func texts<Choice: CaseIterable>(_ type: Choice.Type) -> [String] {
            type.allCases.compactMap { ($0 as? any RawRepresentable)?.rawValue as? String }
        }
        return (type as? any CaseIterable.Type).map { texts($0) }
    }
}

/// One value in the course of decoding; the `Decoder` that a type sees.
final class StrictNode: Decoder {
    let value: JSONValue
    let path: String
    let session: StrictDecodingSession
    /// Names that were asked for, or that somebody else reads.
    var known: [String]
    /// Whether a type that looks through all names has seen them, so that none is unknown.
    var isOpen = false
    /// Values inside this one that its type reads itself.
    var parts: [StrictNode] = []
    private var isKeyed = false
    private var couldBeAsked: [(String) -> Bool] = []

    init(value: JSONValue, path: String, session: StrictDecodingSession, known: [String] = []) {
        self.value = value
        self.path = path
        self.session = session
        self.known = known
    }

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let object) = value else { throw wrongType("an object") }
        isKeyed = true
        couldBeAsked.append { Key(stringValue: $0) != nil }
        return KeyedDecodingContainer(StrictMembers<Key>(node: self, object: object))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let elements) = value else { throw wrongType("an array") }
        return StrictElements(node: self, elements: elements)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { StrictScalar(node: self) }

    /// Notes the members that nobody asked for; after an error only those that the type could not have asked for.
    func refuseUnknown(isComplete: Bool) {
        for part in parts { part.refuseUnknown(isComplete: isComplete) }
        guard isKeyed, !isOpen, case .object(let object) = value else { return }
        for member in object.members where !known.contains(where: { $0.hasSameBytes(as: member.name) }) {
            if !isComplete, couldBeAsked.contains(where: { $0(member.name) }) { continue }
            session.note(.unknown(member.name, in: path, known: known))
        }
    }

    /// Notes that the value is not what is `expected`.
    func wrongType(_ expected: String) -> StrictDecodingSession.Noted {
        session.note(.wrongType(path: path, expected: expected, found: value))
        return StrictDecodingSession.Noted()
    }
}
