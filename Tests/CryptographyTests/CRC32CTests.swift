import Testing

@testable import Cryptography

@Suite("CRC-32C")
struct CRC32CTests {
    @Test(
        "has the values of RFC 3720 §B.4 and of the usual check, with and without the processor's instruction",
        arguments: [
            ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
            ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
            (Array(0...31), 0x46DD_794E),
            (Array((0...31).reversed()), 0x113F_DB5C),
            (Array("123456789".utf8), 0xE306_9283),
            ([], 0),
        ] as [([UInt8], UInt32)])
    func vectors(bytes: [UInt8], value: UInt32) {
        #expect(CRC32C.of(bytes).value == value)
        var byTable = CRC32C()
        bytes.withUnsafeBytes { byTable.updateByTable($0) }
        #expect(byTable.value == value)
    }

    @Test("has the value that RFC 3720 §B.4 gives for a read command")
    func command() {
        var bytes = [UInt8](repeating: 0, count: 48)
        for (index, byte) in [
            (0, 0x01), (1, 0xC0), (16, 0x14), (22, 0x04), (27, 0x14), (31, 0x18), (32, 0x28), (40, 0x02),
        ] {
            bytes[index] = UInt8(byte)
        }
        #expect(CRC32C.of(bytes).value == 0xD996_3A56)
    }

    @Test("as bytes the most significant comes first")
    func bigEndian() {
        #expect(CRC32C.of(Array("123456789".utf8)).bytes == [0xE3, 0x06, 0x92, 0x83])
    }

    @Test("depends neither on how the bytes are cut, nor on where they lie, nor on who computes it")
    func pieces() {
        let bytes = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 3) }
        let whole = CRC32C.of(bytes)
        var pieces = CRC32C()
        var byTable = CRC32C()
        var start = 0
        var length = 1
        while start < bytes.count {
            let end = min(start + length, bytes.count)
            bytes.withUnsafeBytes { raw in
                pieces.update(UnsafeRawBufferPointer(rebasing: raw[start..<end]))
                byTable.updateByTable(UnsafeRawBufferPointer(rebasing: raw[start..<end]))
            }
            start = end
            length = length * 3 % 41 + 1
        }
        #expect(pieces == whole)
        #expect(byTable == whole)
    }
}
