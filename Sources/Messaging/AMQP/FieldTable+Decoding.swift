import CRabbitMQ

extension FieldTable {
    /// A received table; `nil` when it is nested deeper than `maximumDepth`.
    init?(_ table: amqp_table_t, depth: Int = 0) {
        // librabbitmq decoded the table to any depth, on the loop's 16 MiB stack; ours ends here (rule R12).
        if depth > Self.maximumDepth { return nil }
        self.init()
        let count = Int(table.num_entries)
        guard count > 0, let entries = table.entries else { return }
        fields.reserveCapacity(count)
        for index in 0..<count {
            // Any producer can send an empty name, which chokes librabbitmq's readers when passed on (rule R13), and a
            // name that is no text; nothing we know has such a name.
            guard entries[index].key.len > 0, let name = String(validating: entries[index].key) else { continue }
            guard let value = FieldValue(entries[index].value, depth: depth) else { return nil }
            fields.append(Field(name, value))
        }
    }
}

extension FieldValue {
    /// A received value; `nil` when it is nested too deep.
    init?(_ value: amqp_field_value_t, depth: Int) {
        switch value.kind {
        case UInt8(ascii: "t"): self = .bool(value.value.boolean != 0)
        case UInt8(ascii: "b"): self = .integer(Int64(value.value.i8))
        case UInt8(ascii: "B"): self = .integer(Int64(value.value.u8))
        case UInt8(ascii: "s"): self = .integer(Int64(value.value.i16))
        case UInt8(ascii: "u"): self = .integer(Int64(value.value.u16))
        case UInt8(ascii: "I"): self = .integer(Int64(value.value.i32))
        case UInt8(ascii: "i"): self = .integer(Int64(value.value.u32))
        case UInt8(ascii: "l"): self = .integer(value.value.i64)
        case UInt8(ascii: "L"):
            self = Int64(exactly: value.value.u64).map { .integer($0) } ?? .double(Double(value.value.u64))
        case UInt8(ascii: "f"): self = .double(Double(value.value.f32))
        case UInt8(ascii: "d"): self = .double(value.value.f64)
        case UInt8(ascii: "D"): self = .double(Self.number(value.value.decimal))
        case UInt8(ascii: "T"): self = .timestamp(Int64(clamping: value.value.u64))
        case UInt8(ascii: "S"):
            self = String(validating: value.value.bytes).map { .string($0) } ?? .bytes([UInt8](value.value.bytes))
        case UInt8(ascii: "x"): self = .bytes([UInt8](value.value.bytes))
        case UInt8(ascii: "F"):
            guard let table = FieldTable(value.value.table, depth: depth + 1) else { return nil }
            self = .table(table)
        case UInt8(ascii: "A"):
            guard let values = Self.values(value.value.array, depth: depth + 1) else { return nil }
            self = .array(values)
        default: self = .null
        }
    }

    private static func values(_ array: amqp_array_t, depth: Int) -> [FieldValue]? {
        if depth > FieldTable.maximumDepth { return nil }
        guard array.num_entries > 0, let entries = array.entries else { return [] }
        var values: [FieldValue] = []
        values.reserveCapacity(Int(array.num_entries))
        for index in 0..<Int(array.num_entries) {
            guard let value = FieldValue(entries[index], depth: depth) else { return nil }
            values.append(value)
        }
        return values
    }

    private static func number(_ decimal: amqp_decimal_t) -> Double {
        var number = Double(decimal.value)
        for _ in 0..<decimal.decimals { number /= 10 }
        return number
    }
}

extension String {
    /// `nil` when the bytes are no UTF-8.
    init?(validating bytes: amqp_bytes_t) {
        self.init(validating: UnsafeRawBufferPointer(start: bytes.bytes, count: bytes.len), as: UTF8.self)
    }

    /// With a replacement character for what is no UTF-8.
    init(repairing bytes: amqp_bytes_t) {
        self.init(decoding: UnsafeRawBufferPointer(start: bytes.bytes, count: bytes.len), as: UTF8.self)
    }
}

extension [UInt8] {
    init(_ bytes: amqp_bytes_t) {
        self.init(UnsafeRawBufferPointer(start: bytes.bytes, count: bytes.len))
    }
}
