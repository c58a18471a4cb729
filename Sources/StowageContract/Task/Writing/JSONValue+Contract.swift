import StrictCoding

extension JSONValue {
    /// A text, or `null`.
    init(_ text: String?) { self = text.map { .string($0) } ?? .null }

    /// An integer, or `null`.
    init(_ integer: Int64?) { self = integer.map { .integer($0) } ?? .null }

    /// An integer, or `null`.
    init(_ integer: Int?) { self = integer.map { .integer(Int64($0)) } ?? .null }

    /// A moment, or `null`.
    init(_ moment: Timestamp?) { self = moment.map { .string($0.text) } ?? .null }

    /// Texts by name, in byte order of name.
    init(_ texts: [String: String]) {
        let sorted = texts.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        self = .object(JSONObject(unique: sorted.map { JSONObject.Member($0.key, .string($0.value)) }))
    }

    /// Texts.
    init(_ texts: [String]) { self = .array(texts.map { .string($0) }) }

    /// Drivers' names.
    init(_ drivers: [DriverName]) { self = .array(drivers.map { .string($0.text) }) }

    /// An object of members with different names.
    init(members: KeyValuePairs<String, JSONValue>) {
        self = .object(JSONObject(unique: members.map { JSONObject.Member($0.key, $0.value) }))
    }
}
