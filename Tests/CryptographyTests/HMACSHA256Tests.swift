import Cryptography
import Testing

/// One of RFC 4231 §4.
struct AuthenticationVector: Sendable {
    var key: [UInt8]
    var text: [UInt8]
    /// Hexadecimal; one is truncated there.
    var code: String
}

@Suite("HMAC with SHA-256")
struct HMACSHA256Tests {
    static let vectors = [
        AuthenticationVector(
            key: Array(repeating: 0x0B, count: 20), text: Array("Hi There".utf8),
            code: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        AuthenticationVector(
            key: Array("Jefe".utf8), text: Array("what do ya want for nothing?".utf8),
            code: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        AuthenticationVector(
            key: Array(repeating: 0xAA, count: 20), text: Array(repeating: 0xDD, count: 50),
            code: "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
        AuthenticationVector(
            key: Array(1...25), text: Array(repeating: 0xCD, count: 50),
            code: "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
        AuthenticationVector(
            key: Array(repeating: 0x0C, count: 20), text: Array("Test With Truncation".utf8),
            code: "a3b6167473100ee06e0c796c2955552b"),
        AuthenticationVector(
            key: Array(repeating: 0xAA, count: 131),
            text: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            code: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
        AuthenticationVector(
            key: Array(repeating: 0xAA, count: 131),
            text: Array(
                """
                This is a test using a larger than block-size key and a larger than block-size data. \
                The key needs to be hashed before being used by the HMAC algorithm.
                """.utf8),
            code: "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"),
    ]

    @Test("has the codes of RFC 4231", arguments: vectors)
    func published(vector: AuthenticationVector) {
        let code = HMACSHA256.authenticate(vector.text, key: vector.key).hexadecimal
        #expect(code.hasPrefix(vector.code))
    }

    @Test("a key without bytes is the key of zeros, whatever was used before")
    func emptyKey() {
        _ = HMACSHA256.authenticate([1], key: [9, 9, 9])
        #expect(HMACSHA256.authenticate([1], key: []) == HMACSHA256.authenticate([1], key: [0]))
        let empty = "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"
        #expect(HMACSHA256.authenticate([], key: []).hexadecimal == empty)
    }
}
