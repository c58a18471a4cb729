/// The bytes of one log line while it is made.
///
/// Nothing that comes from outside can end a line or steer a terminal: control characters (C0, DEL, C1), line and
/// paragraph separators and the marks that reverse text are written as `\u….`, in both formats.
struct LogText {
    var bytes: [UInt8] = []

    mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    mutating func append(_ byte: UInt8) {
        bytes.append(byte)
    }

    /// Appends `text` with everything escaped that does not belong into a JSON string.
    mutating func appendEscaped(_ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            var clean = 0
            var index = 0
            while index < utf8.count {
                let length = Self.escapedLength(utf8, at: index)
                if length == 0 {
                    index += 1
                    continue
                }
                bytes.append(contentsOf: utf8[clean..<index])
                appendEscape(utf8[index..<index + length])
                index += length
                clean = index
            }
            bytes.append(contentsOf: utf8[clean...])
        }
    }

    /// Appends a decimal number with leading zeros up to `width` digits.
    mutating func append(_ number: Int64, width: Int) {
        let digits = String(number)
        for _ in 0..<max(0, width - digits.utf8.count) { bytes.append(UInt8(ascii: "0")) }
        bytes.append(contentsOf: digits.utf8)
    }

    /// How many bytes of the character at `index` have to be written as an escape; 0: none.
    private static func escapedLength(_ utf8: UnsafeBufferPointer<UInt8>, at index: Int) -> Int {
        switch utf8[index] {
        case 0..<0x20, 0x7F, UInt8(ascii: "\""), UInt8(ascii: "\\"): 1
        // U+0080…U+009F
        case 0xC2 where index + 1 < utf8.count && utf8[index + 1] < 0xA0: 2
        // U+2028…U+202E
        case 0xE2 where index + 2 < utf8.count && utf8[index + 1] == 0x80 && (0xA8...0xAE).contains(utf8[index + 2]): 3
        // U+2066…U+2069
        case 0xE2 where index + 2 < utf8.count && utf8[index + 1] == 0x81 && (0xA6...0xA9).contains(utf8[index + 2]): 3
        default: 0
        }
    }

    private mutating func appendEscape(_ character: Slice<UnsafeBufferPointer<UInt8>>) {
        bytes.append(UInt8(ascii: "\\"))
        switch character[character.startIndex] {
        case UInt8(ascii: "\""): bytes.append(UInt8(ascii: "\""))
        case UInt8(ascii: "\\"): bytes.append(UInt8(ascii: "\\"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        default:
            var scalar: UInt32 = 0
            for scalarValue in String(decoding: character, as: UTF8.self).unicodeScalars { scalar = scalarValue.value }
            bytes.append(UInt8(ascii: "u"))
            for shift: UInt32 in [12, 8, 4, 0] {
                let digit = UInt8(truncatingIfNeeded: scalar >> shift & 15)
                bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            }
        }
    }
}
