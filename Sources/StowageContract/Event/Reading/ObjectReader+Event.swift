import StrictCoding

extension ObjectReader {
    /// The text under `name`, which must be there.
    mutating func requiredString(_ name: String) throws(MemberProblem) -> String {
        let text = try string(name)
        return try require(name, text)
    }

    /// The driver's name under `name`, which must be there.
    mutating func requiredDriver(_ name: String) throws(MemberProblem) -> DriverName {
        let driver = try driver(name)
        return try require(name, driver)
    }

    /// The digest under `name`, which must be there.
    mutating func requiredSHA256(_ name: String) throws(MemberProblem) -> String {
        let digest = try sha256(name)
        return try require(name, digest)
    }

    /// The moment under `name`, which must be there.
    mutating func requiredTimestamp(_ name: String) throws(MemberProblem) -> Timestamp {
        let moment = try timestamp(name)
        return try require(name, moment)
    }

    /// The task id under `name`, which must be there.
    mutating func requiredTaskID(_ name: String) throws(MemberProblem) -> TaskID {
        let id = try taskID(name)
        return try require(name, id)
    }

    /// The integer under `name`, which must be there.
    mutating func requiredInteger(_ name: String) throws(MemberProblem) -> Int64 {
        let integer = try integer(name)
        return try require(name, integer)
    }

    /// The boolean under `name`, which must be there.
    mutating func requiredBool(_ name: String) throws(MemberProblem) -> Bool {
        let bool = try bool(name)
        return try require(name, bool)
    }

    /// The case under `name`, which must be there.
    mutating func requiredChoice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, as type: Choice.Type
    ) throws(MemberProblem) -> Choice where Choice.RawValue == String {
        let choice = try choice(name, as: type)
        return try require(name, choice)
    }

    /// What `read` makes of the value under `name`, with its path; `nil` where there is none.
    mutating func value<Value>(
        _ name: String, _ read: (JSONValue, String) throws(MemberProblem) -> Value
    ) throws(MemberProblem) -> Value? {
        guard let value = value(name) else { return nil }
        return try read(value, path(of: name))
    }

    /// What `read` makes of the value under `name`, which must be there.
    mutating func requiredValue<Value>(
        _ name: String, _ read: (JSONValue, String) throws(MemberProblem) -> Value
    ) throws(MemberProblem) -> Value {
        let value = try value(name, read)
        return try require(name, value)
    }

    /// What `read` makes of the elements under `name`; none where it is absent.
    mutating func list<Value>(
        _ name: String, _ read: (JSONValue, String) throws(MemberProblem) -> Value
    ) throws(MemberProblem) -> [Value] {
        var list: [Value] = []
        for (index, element) in (try array(name) ?? []).enumerated() {
            list.append(try read(element, MemberProblem.path(path(of: name), element: index)))
        }
        return list
    }
}
