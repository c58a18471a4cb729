extension FieldTable {
    /// Deepest nesting of tables and arrays that is written or read (rule R12).
    package static let maximumDepth = 32

    /// Bytes that the table takes in AMQP, its length word included.
    ///
    /// - Throws: `.invalidMessage` for a name over 255 bytes and for nesting deeper than `maximumDepth`.
    func encodedSize(depth: Int) throws(BrokerError) -> Int {
        if depth > Self.maximumDepth { throw BrokerError(.invalidMessage, "headers are nested too deep") }
        var size = 4
        for field in fields {
            // RabbitMQ takes an empty name, but librabbitmq's readers choke on it (rule R13).
            guard (1...255).contains(field.name.utf8.count) else {
                throw BrokerError(.invalidMessage, "a header name has \(field.name.utf8.count) bytes, not 1 to 255")
            }
            size += 1 + field.name.utf8.count
            size += try field.value.encodedSize(depth: depth)
        }
        return size
    }
}

extension FieldValue {
    /// Bytes that the value takes in AMQP, its kind included.
    func encodedSize(depth: Int) throws(BrokerError) -> Int {
        switch self {
        case .null: 1
        case .bool: 2
        case .integer, .double, .timestamp: 9
        case .string(let text): 5 + text.utf8.count
        case .bytes(let bytes): 5 + bytes.count
        case .table(let table): 1 + (try table.encodedSize(depth: depth + 1))
        case .array(let values): try Self.encodedSize(of: values, depth: depth + 1)
        }
    }

    private static func encodedSize(of values: [FieldValue], depth: Int) throws(BrokerError) -> Int {
        if depth > FieldTable.maximumDepth { throw BrokerError(.invalidMessage, "headers are nested too deep") }
        var size = 5
        for value in values { size += try value.encodedSize(depth: depth) }
        return size
    }
}
