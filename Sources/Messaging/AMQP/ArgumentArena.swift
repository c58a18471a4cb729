import CRabbitMQ

/// Memory for the arguments of one call into librabbitmq, given back all at once by `reset`.
struct ArgumentArena: ~Copyable {
    private let block: UnsafeMutableRawPointer
    private let capacity: Int
    private var used = 0
    /// What did not fit into the block.
    private var overflow: [UnsafeMutableRawPointer] = []

    init(capacity: Int = 64 << 10) {
        block = .allocate(byteCount: capacity, alignment: 16)
        self.capacity = capacity
    }

    deinit {
        for pointer in overflow { pointer.deallocate() }
        block.deallocate()
    }

    mutating func reset() {
        used = 0
        for pointer in overflow { pointer.deallocate() }
        overflow.removeAll()
    }

    /// The text's bytes; valid until `reset`.
    mutating func bytes(_ text: String) -> amqp_bytes_t {
        var text = text
        return text.withUTF8 { copy(UnsafeRawBufferPointer($0)) }
    }

    mutating func bytes(_ bytes: [UInt8]) -> amqp_bytes_t {
        bytes.withUnsafeBytes { copy($0) }
    }

    /// The table with all that it holds; valid until `reset`.
    mutating func table(_ table: FieldTable) -> amqp_table_t {
        guard !table.isEmpty else { return amqp_table_t() }
        let entries = allocate(amqp_table_entry_t.self, count: table.fields.count)
        for (index, field) in table.fields.enumerated() {
            (entries + index).initialize(to: amqp_table_entry_t(key: bytes(field.name), value: value(field.value)))
        }
        return amqp_table_t(num_entries: Int32(table.fields.count), entries: entries)
    }

    private mutating func value(_ value: FieldValue) -> amqp_field_value_t {
        var result = amqp_field_value_t()
        switch value {
        case .null:
            result.kind = UInt8(ascii: "V")
        case .bool(let bool):
            result.kind = UInt8(ascii: "t")
            result.value.boolean = bool ? 1 : 0
        case .integer(let number):
            result.kind = UInt8(ascii: "l")
            result.value.i64 = number
        case .double(let number):
            result.kind = UInt8(ascii: "d")
            result.value.f64 = number
        case .string(let text):
            result.kind = UInt8(ascii: "S")
            result.value.bytes = bytes(text)
        case .bytes(let data):
            result.kind = UInt8(ascii: "x")
            result.value.bytes = bytes(data)
        case .timestamp(let seconds):
            result.kind = UInt8(ascii: "T")
            result.value.u64 = UInt64(bitPattern: seconds)
        case .array(let values):
            result.kind = UInt8(ascii: "A")
            let entries = allocate(amqp_field_value_t.self, count: values.count)
            for (index, element) in values.enumerated() { (entries + index).initialize(to: self.value(element)) }
            result.value.array = amqp_array_t(num_entries: Int32(values.count), entries: entries)
        case .table(let table):
            result.kind = UInt8(ascii: "F")
            result.value.table = self.table(table)
        }
        return result
    }

    private mutating func copy(_ source: UnsafeRawBufferPointer) -> amqp_bytes_t {
        guard let base = source.baseAddress, !source.isEmpty else { return amqp_bytes_t() }
        let target = allocate(UInt8.self, count: source.count)
        UnsafeMutableRawPointer(target).copyMemory(from: base, byteCount: source.count)
        return amqp_bytes_t(len: source.count, bytes: target)
    }

    private mutating func allocate<Element>(_: Element.Type, count: Int) -> UnsafeMutablePointer<Element> {
        let alignment = MemoryLayout<Element>.alignment
        let start = (used + alignment - 1) & ~(alignment - 1)
        let size = max(1, count) * MemoryLayout<Element>.stride
        let memory: UnsafeMutableRawPointer
        if start + size <= capacity {
            memory = block + start
            used = start + size
        } else {
            memory = .allocate(byteCount: size, alignment: 16)
            overflow.append(memory)
        }
        return memory.bindMemory(to: Element.self, capacity: max(1, count))
    }
}
