import Cryptography
import Testing

@Suite("SHA-256 that is stopped and gone on with")
struct PausableSHA256Tests {
    private static let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    private static let digest = SHA256Hasher.digest(of: bytes)

    @Test(
        "has the digest of the whole, wherever it stopped",
        arguments: [0, 1, 55, 56, 63, 64, 65, 119, 127, 128, 4096, 65_535, 65_536, 99_999, 100_000])
    func once(point: Int) throws {
        var first = PausableSHA256Hasher()
        first.update(Array(Self.bytes.prefix(point)))
        let paused = first.paused
        #expect(first.count == point && paused.count == point)
        // What was asked where it is goes on as well.
        first.update(Array(Self.bytes.dropFirst(point)))
        #expect(first.finalize() == Self.digest)
        let carried = try #require(PausedSHA256(bytes: paused.bytes))
        #expect(carried == paused)
        var second = PausableSHA256Hasher(carried)
        #expect(second.paused == paused)
        second.update(Array(Self.bytes.dropFirst(point)))
        #expect(second.finalize() == Self.digest)
    }

    @Test("may stop as often as it likes")
    func often() throws {
        var paused = PausableSHA256Hasher().paused
        var rest = Self.bytes[...]
        var length = 1
        while !rest.isEmpty {
            var hasher = PausableSHA256Hasher(paused)
            hasher.update(Array(rest.prefix(length)))
            rest = rest.dropFirst(length)
            length = length * 3 % 4_099 + 1
            paused = try #require(PausedSHA256(bytes: hasher.paused.bytes))
        }
        #expect(paused.count == Self.bytes.count)
        #expect(PausableSHA256Hasher(paused).finalize() == Self.digest)
    }

    @Test("counts beyond what 32 bits hold")
    func long() throws {
        // Not a state that any bytes lead to; the count is what matters.
        for count in [1 << 29, 1 << 32, (1 << 40) + 5, (1 << 61) - 1] as [UInt64] {
            let words = [UInt8](repeating: 7, count: 32)
            let digits = (0..<8).map { UInt8(truncatingIfNeeded: count >> (56 - 8 * $0)) }
            let block = [UInt8](repeating: 9, count: Int(count % 64))
            let paused = try #require(PausedSHA256(bytes: words + digits + block))
            #expect(PausableSHA256Hasher(paused).paused == paused && paused.count == Int64(count))
        }
    }

    @Test("no state is read from what cannot be one", arguments: [0, 39, 41, 103, 104])
    func odd(length: Int) {
        #expect(PausedSHA256(bytes: [UInt8](repeating: 0, count: length)) == nil)
    }

    @Test("no state is read whose count and bytes do not agree, or whose count is absurd")
    func oddCounts() {
        let words = [UInt8](repeating: 1, count: 32)
        #expect(PausedSHA256(bytes: words + [0, 0, 0, 0, 0, 0, 0, 1]) == nil)
        #expect(PausedSHA256(bytes: words + [0, 0, 0, 0, 0, 0, 0, 64]) != nil)
        #expect(PausedSHA256(bytes: words + [0, 0, 0, 0, 0, 0, 0, 64, 5]) == nil)
        #expect(PausedSHA256(bytes: words + [0x20, 0, 0, 0, 0, 0, 0, 0]) == nil)
        #expect(PausedSHA256(bytes: words + [UInt8](repeating: 0xFF, count: 8) + words + words.dropLast()) == nil)
    }
}
