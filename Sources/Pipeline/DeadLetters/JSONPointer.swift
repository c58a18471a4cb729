package import StrictCoding

/// A place in a JSON document, as RFC 6901 writes it: `/data/driverOptions/archive`.
package struct JSONPointer: Sendable, Equatable {
    private let tokens: [String]

    package init(_ tokens: [String]) {
        self.tokens = tokens
    }

    /// The place that `text` names; `nil`: it does not begin with `/`, or has a `~` that is neither `~0` nor `~1`.
    package init?(_ text: String) {
        guard text.utf8.first == UInt8(ascii: "/") else { return nil }
        var tokens: [String] = []
        for part in text.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            var token = ""
            var rest = part[...]
            while let character = rest.popFirst() {
                guard character == "~" else {
                    token.append(character)
                    continue
                }
                switch rest.popFirst() {
                case "0": token.append("~")
                case "1": token.append("/")
                default: return nil
                }
            }
            tokens.append(token)
        }
        self.tokens = tokens
    }

    /// The place does not exist.
    package struct Astray: Error, CustomStringConvertible {
        package var description: String
    }

    /// Puts `new` there, or takes away what is there.
    ///
    /// Objects on the way are made; in an array only elements that exist, and `-` for a new one, can be named.
    package func set(_ new: JSONValue?, in document: inout JSONValue?) throws(Astray) {
        document = try Self.changed(document, tokens[...], new, self)
    }

    private static func changed(
        _ value: JSONValue?, _ tokens: ArraySlice<String>, _ new: JSONValue?, _ whole: JSONPointer
    ) throws(Astray) -> JSONValue? {
        guard let token = tokens.first else { return new }
        switch value {
        case .object(var object)?:
            object[token] = try changed(object[token], tokens.dropFirst(), new, whole)
            return .object(object)
        case .array(var elements)?:
            if token == "-", let new {
                elements.append(try changed(nil, tokens.dropFirst(), new, whole) ?? .null)
                return .array(elements)
            }
            guard let index = Int(token), elements.indices.contains(index) else {
                throw Astray(description: "\(whole.text): the array has no element \(token)")
            }
            if let element = try changed(elements[index], tokens.dropFirst(), new, whole) {
                elements[index] = element
            } else {
                elements.remove(at: index)
            }
            return .array(elements)
        case nil, .null?:
            guard new != nil else { return value }
            return .object(JSONObject([.init(token, try changed(nil, tokens.dropFirst(), new, whole) ?? .null)]))
        case .bool?, .integer?, .number?, .string?:
            throw Astray(description: "\(whole.text): nothing can stand below a value that is no object")
        }
    }

    /// As RFC 6901 writes it.
    package var text: String {
        tokens.map { "/" + $0.replacing("~", with: "~0").replacing("/", with: "~1") }.joined()
    }
}
