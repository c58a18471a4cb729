/// The 32 bytes that SHA-256 makes of any bytes.
package struct SHA256Digest: Sendable, Hashable, CustomStringConvertible {
    package static let byteCount = 32

    /// Always 32.
    package let bytes: [UInt8]

    /// The digest that 64 hexadecimal digits of either case write; `nil` where `text` is something else.
    package init?(hexadecimal text: String) {
        guard text.utf8.count == 2 * Self.byteCount, let bytes = Hexadecimal.decode(text) else { return nil }
        self.bytes = bytes
    }

    init(trusted bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// 64 digits, lower case.
    package var hexadecimal: String { Hexadecimal.encode(bytes) }

    /// 64 digits, lower case.
    package var description: String { hexadecimal }
}
