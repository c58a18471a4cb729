extension [UInt8] {
    /// Appends `text` as a JSON string: only quotes, backslashes and control characters are escaped (as in RFC 8785).
    mutating func append(quoted text: String) {
        append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { content in
            var start = 0
            var isASCII = true
            while true {
                let end = content.endOfPlainRun(from: start, isASCII: &isASCII)
                append(contentsOf: UnsafeBufferPointer(rebasing: content[start..<end]))
                guard end < content.count else { return }
                append(escaped: content[end])
                start = end + 1
            }
        }
        append(UInt8(ascii: "\""))
    }

    private mutating func append(escaped byte: UInt8) {
        append(UInt8(ascii: "\\"))
        switch byte {
        case 0x08: append(UInt8(ascii: "b"))
        case 0x09: append(UInt8(ascii: "t"))
        case 0x0A: append(UInt8(ascii: "n"))
        case 0x0C: append(UInt8(ascii: "f"))
        case 0x0D: append(UInt8(ascii: "r"))
        case 0x22, 0x5C: append(byte)
        default:
            let digits: StaticString = "0123456789abcdef"
            append(contentsOf: [0x75, 0x30, 0x30])
            append(digits.utf8Start[Int(byte >> 4)])
            append(digits.utf8Start[Int(byte & 15)])
        }
    }

    /// Appends `integer` in decimal digits.
    mutating func append(decimal integer: Int64) {
        var rest = integer.magnitude
        if integer < 0 { append(UInt8(ascii: "-")) }
        let start = count
        repeat {
            append(UInt8(truncatingIfNeeded: rest % 10) + 0x30)
            rest /= 10
        } while rest > 0
        self[start...].reverse()
    }
}
