/// Takes a packet apart; whatever a server may have put into it, nothing behind its end is read.
struct WireReader {
    /// The packet ends where something more was promised.
    struct Short: Error {}

    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func byte() throws(Short) -> UInt8 {
        guard let byte = rest.popFirst() else { throw Short() }
        return byte
    }

    mutating func uint32() throws(Short) -> UInt32 {
        let bytes = try take(4)
        return bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }

    mutating func uint64() throws(Short) -> UInt64 {
        let bytes = try take(8)
        return bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    mutating func text() throws(Short) -> ArraySlice<UInt8> { try take(Int(try uint32())) }

    private mutating func take(_ count: Int) throws(Short) -> ArraySlice<UInt8> {
        guard rest.count >= count else { throw Short() }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }
}
