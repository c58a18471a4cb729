/// Puts the bytes of a packet together: numbers in network order, texts behind their length.
struct WireWriter {
    private(set) var bytes: [UInt8] = []

    /// `count`: how many bytes it will be, as far as is known.
    init(reserving count: Int) { bytes.reserveCapacity(count) }

    mutating func put(_ value: UInt8) { bytes.append(value) }

    mutating func put<Number: FixedWidthInteger & UnsignedInteger>(_ value: Number) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func put(text: some Collection<UInt8>) {
        put(UInt32(text.count))
        bytes.append(contentsOf: text)
    }

    mutating func put(_ text: String) { put(text: Array(text.utf8)) }
}
