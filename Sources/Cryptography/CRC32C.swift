internal import CProcessor

/// The CRC with the polynomial of Castagnoli (RFC 3720 §12.1), of bytes that arrive in pieces.
///
/// Finds accidents, not intent. By the processor's own instruction where it has one.
package struct CRC32C: Sendable, Equatable {
    private var state: UInt32 = 0xFFFF_FFFF

    /// One that has seen nothing yet.
    package init() {}

    /// That of all bytes taken so far.
    package var value: UInt32 { ~state }

    /// The value as 4 bytes, the most significant first.
    package var bytes: [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }

    /// Takes the next bytes.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress, bytes.count > 0 else { return }
        if Self.isBuiltIn {
            state = shim_crc32c(state, start.assumingMemoryBound(to: UInt8.self), bytes.count)
        } else {
            updateByTable(bytes)
        }
    }

    /// Takes the next bytes.
    package mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// That of these bytes.
    package static func of(_ bytes: [UInt8]) -> CRC32C {
        var sum = CRC32C()
        sum.update(bytes)
        return sum
    }

    /// Takes the next bytes without the processor's help, eight at a time.
    mutating func updateByTable(_ bytes: UnsafeRawBufferPointer) {
        let table = CRC32CTable.slices
        var state = state
        var index = 0
        table.withUnsafeBufferPointer { table in
            while index + 8 <= bytes.count {
                let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                let mixed = word ^ UInt64(state)
                state = 0
                for slice in 0..<8 {
                    state ^= table[(7 - slice) << 8 | Int(truncatingIfNeeded: mixed >> UInt64(8 * slice) & 0xFF)]
                }
                index += 8
            }
            while index < bytes.count {
                state = table[Int((state ^ UInt32(bytes[index])) & 0xFF)] ^ state >> 8
                index += 1
            }
        }
        self.state = state
    }

    private static let isBuiltIn = shim_has_crc32c()
}

/// What a byte does to the sum, with none to seven bytes of zero behind it.
private enum CRC32CTable {
    /// 8 times 256.
    static let slices: [UInt32] = {
        var slices = [UInt32](repeating: 0, count: 8 << 8)
        for byte in 0..<256 {
            var state = UInt32(byte)
            for _ in 0..<8 { state = state & 1 == 0 ? state >> 1 : state >> 1 ^ 0x82F6_3B78 }
            slices[byte] = state
        }
        for index in 256..<8 << 8 {
            let before = slices[index - 256]
            slices[index] = slices[Int(before & 0xFF)] ^ before >> 8
        }
        return slices
    }()
}
