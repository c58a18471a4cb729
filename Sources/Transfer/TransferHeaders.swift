/// Header fields in their order, duplicates included; names are compared without regard to case.
package struct TransferHeaders: Sendable, Equatable, ExpressibleByArrayLiteral {
    package struct Field: Sendable, Equatable {
        package var name: String
        package var value: String
    }

    package private(set) var fields: [Field] = []

    package init() {}

    package init(arrayLiteral fields: (String, String)...) {
        self.fields = fields.map { Field(name: $0.0, value: $0.1) }
    }

    package mutating func add(_ name: String, _ value: String) {
        fields.append(Field(name: name, value: value))
    }

    /// The value of the first field of that name.
    package subscript(_ name: String) -> String? {
        fields.first { $0.name.isSameHeaderName(as: name) }?.value
    }

    /// The values of all fields of that name.
    package func values(of name: String) -> [String] {
        fields.filter { $0.name.isSameHeaderName(as: name) }.map(\.value)
    }

    /// Only the fields with one of these names.
    func only(_ names: [String]) -> TransferHeaders {
        var rest = TransferHeaders()
        rest.fields = fields.filter { field in names.contains { $0.isSameHeaderName(as: field.name) } }
        return rest
    }

    func without(_ names: [String]) -> TransferHeaders {
        var rest = TransferHeaders()
        rest.fields = fields.filter { field in !names.contains { $0.isSameHeaderName(as: field.name) } }
        return rest
    }

    /// Continues the value of the last field (a folded line).
    mutating func extendLast(with text: String) {
        guard let last = fields.indices.last else { return }
        fields[last].value += fields[last].value.isEmpty || text.isEmpty ? text : " " + text
    }
}

extension String {
    func isSameHeaderName(as other: String) -> Bool {
        utf8.count == other.utf8.count && zip(utf8, other.utf8).allSatisfy { $0.asciiLowercased == $1.asciiLowercased }
    }

    /// A token of RFC 9110: what methods and names of fields are made of.
    var isHTTPToken: Bool {
        !utf8.isEmpty
            && utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }

    /// Nothing in it ends the line or the text.
    var isHeaderValue: Bool {
        utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == UInt8(ascii: "\t") }
    }
}

extension UInt8 {
    var asciiLowercased: UInt8 {
        self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") ? self | 0x20 : self
    }
}
