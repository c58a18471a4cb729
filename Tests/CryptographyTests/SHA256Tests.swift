import Cryptography
import Testing

@Suite("SHA-256")
struct SHA256Tests {
    @Test(
        "has the digests that FIPS 180-4 gives for its examples",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ])
    func vectors(text: String, digest: String) {
        #expect(SHA256Hasher.digest(of: Array(text.utf8)).hexadecimal == digest)
    }

    @Test("does not depend on how the bytes are cut")
    func pieces() {
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        var hasher = SHA256Hasher()
        var rest = bytes[...]
        var length = 1
        while !rest.isEmpty {
            hasher.update(Array(rest.prefix(length)))
            rest = rest.dropFirst(length)
            length = length * 3 % 4_099 + 1
        }
        #expect(hasher.finalize() == SHA256Hasher.digest(of: bytes))
    }

    @Test("has the digest that FIPS 180-4 gives for a million times the letter a")
    func million() {
        var hasher = SHA256Hasher()
        let piece = [UInt8](repeating: 0x61, count: 1000)
        for _ in 0..<1000 { hasher.update(piece) }
        let digest = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        #expect(hasher.finalize().hexadecimal == digest)
    }

    @Test("pieces of nothing change nothing")
    func nothing() {
        var hasher = SHA256Hasher()
        for piece: [UInt8] in [[], [1, 2], [], [3], []] { hasher.update(piece) }
        #expect(hasher.finalize() == SHA256Hasher.digest(of: [1, 2, 3]))
    }

    @Test(
        "digits that only look like hexadecimal ones are none",
        arguments: ["\u{FF11}", "\u{0661}", "a\u{301}", " ", "-", "G", "\u{0}"])
    func lookalikes(digit: String) {
        let good = String(repeating: "0", count: 63)
        #expect(SHA256Digest(hexadecimal: good + digit) == nil)
        #expect(SHA256Digest(hexadecimal: digit + good) == nil)
        let filled = digit + String(repeating: "0", count: 64 - digit.utf8.count)
        #expect(SHA256Digest(hexadecimal: filled) == nil)
    }

    @Test("reads its own hexadecimal form, in either case, and refuses everything else")
    func hexadecimal() throws {
        let digest = SHA256Hasher.digest(of: [1, 2, 3])
        #expect(SHA256Digest(hexadecimal: digest.hexadecimal) == digest)
        #expect(SHA256Digest(hexadecimal: digest.hexadecimal.uppercased()) == digest)
        #expect(SHA256Digest(hexadecimal: String(digest.hexadecimal.dropLast())) == nil)
        #expect(SHA256Digest(hexadecimal: digest.hexadecimal.dropLast() + "g") == nil)
        #expect(SHA256Digest(hexadecimal: digest.hexadecimal + "00") == nil)
    }

    @Test("tells the digest so far without ending")
    func soFar() {
        var hasher = SHA256Hasher()
        for count in 0..<200 {
            #expect(hasher.digestSoFar() == SHA256Hasher.digest(of: [UInt8](repeating: 9, count: count)))
            hasher.update([9])
        }
        #expect(hasher.finalize() == SHA256Hasher.digest(of: [UInt8](repeating: 9, count: 200)))
    }
}

@Suite("Random bytes and comparisons")
struct RandomBytesTests {
    @Test("two draws differ and have the length asked for")
    func draws() {
        #expect(RandomBytes.make(16) != RandomBytes.make(16))
        #expect(RandomBytes.hexadecimal(16).utf8.count == 32)
        #expect(RandomBytes.make(0).isEmpty)
    }

    @Test("comparison in constant time says what == says")
    func comparison() {
        #expect(ConstantTime.areEqual([1, 2, 3], [1, 2, 3]))
        #expect(!ConstantTime.areEqual([1, 2, 3], [1, 2, 4]))
        #expect(!ConstantTime.areEqual([1, 2], [1, 2, 3]))
        #expect(ConstantTime.areEqual([], []))
    }
}
