/// A value in an AMQP header table.
package enum FieldValue: Sendable, Equatable {
    case null
    case bool(Bool)
    /// Any of AMQP's integer kinds.
    case integer(Int64)
    case double(Double)
    case string(String)
    /// Bytes that are no valid UTF-8, and AMQP's byte arrays.
    case bytes([UInt8])
    /// Seconds since 1970.
    case timestamp(Int64)
    case array([FieldValue])
    case table(FieldTable)
}

/// An AMQP header table: names are compared by bytes, the first of equal ones counts.
package struct FieldTable: Sendable, Equatable {
    /// A name with its value.
    package struct Field: Sendable, Equatable {
        package var name: String
        package var value: FieldValue

        package init(_ name: String, _ value: FieldValue) {
            self.name = name
            self.value = value
        }
    }

    package var fields: [Field]

    package init(_ fields: [Field] = []) {
        self.fields = fields
    }

    package var isEmpty: Bool { fields.isEmpty }

    /// Setting `nil` removes all fields of that name.
    package subscript(name: String) -> FieldValue? {
        get { fields.first { $0.name.utf8.elementsEqual(name.utf8) }?.value }
        set {
            let index = fields.firstIndex { $0.name.utf8.elementsEqual(name.utf8) }
            guard let newValue else {
                fields.removeAll { $0.name.utf8.elementsEqual(name.utf8) }
                return
            }
            if let index { fields[index].value = newValue } else { fields.append(Field(name, newValue)) }
        }
    }
}

extension FieldTable: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, FieldValue)...) {
        self.init(elements.map { Field($0.0, $0.1) })
    }
}
