/// The SHA-256 of a host key in the form of OpenSSH: `SHA256:` and Base64 without padding.
struct HostKeyFingerprint: Sendable, Equatable {
    let text: String

    /// `nil`: it is none.
    init?(_ text: String) {
        let prefix = "SHA256:"
        guard text.utf8.starts(with: prefix.utf8) else { return nil }
        var digits = Array(text.utf8.dropFirst(prefix.utf8.count))
        if digits.last == UInt8(ascii: "=") { digits.removeLast() }
        guard digits.count == 43, digits.allSatisfy(Self.isBase64) else { return nil }
        self.text = prefix + String(decoding: digits, as: UTF8.self)
    }

    private static func isBase64(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
            true
        default: false
        }
    }
}
