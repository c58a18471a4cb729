extension JSONScanner {
    /// The string that begins at the position.
    mutating func string() throws(JSONSyntaxError) -> String {
        let start = position + 1
        var isASCII = true
        let end = bytes.endOfPlainRun(from: start, isASCII: &isASCII)
        guard end < bytes.count else { throw JSONSyntaxError("A string does not end.", at: position) }
        switch bytes[end] {
        case UInt8(ascii: "\""):
            position = end + 1
            let content = UnsafeBufferPointer(rebasing: bytes[start..<end])
            if isASCII { return String(decoding: content, as: UTF8.self) }
            return try validated(content, from: start)
        case UInt8(ascii: "\\"): return try stringWithEscapes(from: start, to: end)
        default: throw controlCharacter(bytes[end], at: end)
        }
    }

    private mutating func stringWithEscapes(from start: Int, to first: Int) throws(JSONSyntaxError) -> String {
        let opening = start - 1
        var content = Array(bytes[start..<first])
        var index = first
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "\""):
                position = index + 1
                return try content.withUnsafeBufferPointer { buffer throws(JSONSyntaxError) in
                    try validated(buffer, from: nil, opening: opening)
                }
            case UInt8(ascii: "\\"):
                index = try escape(at: index, into: &content)
            case 0..<0x20: throw controlCharacter(byte, at: index)
            default:
                content.append(byte)
                index += 1
            }
        }
        throw JSONSyntaxError("A string does not end.", at: opening)
    }

    /// Appends what the escape at `index` stands for; returns the position behind it.
    private func escape(at index: Int, into content: inout [UInt8]) throws(JSONSyntaxError) -> Int {
        guard index + 1 < bytes.count else { throw JSONSyntaxError("A string does not end.", at: index) }
        switch bytes[index + 1] {
        case UInt8(ascii: "\""): content.append(0x22)
        case UInt8(ascii: "\\"): content.append(0x5C)
        case UInt8(ascii: "/"): content.append(0x2F)
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "u"): return try unicodeEscape(at: index, into: &content)
        default: throw JSONSyntaxError("A backslash in a string begins no known escape.", at: index)
        }
        return index + 2
    }

    private func unicodeEscape(at index: Int, into content: inout [UInt8]) throws(JSONSyntaxError) -> Int {
        let unit = try codeUnit(at: index)
        var scalar = unit
        var end = index + 6
        switch unit {
        case 0xD800..<0xDC00:
            guard end + 1 < bytes.count, bytes[end] == UInt8(ascii: "\\"), bytes[end + 1] == UInt8(ascii: "u") else {
                throw loneSurrogate(at: index)
            }
            let low = try codeUnit(at: end)
            guard (0xDC00..<0xE000).contains(low) else { throw loneSurrogate(at: index) }
            scalar = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
            end += 6
        case 0xDC00..<0xE000: throw loneSurrogate(at: index)
        default: break
        }
        guard let scalar = UnicodeScalar(scalar) else { throw loneSurrogate(at: index) }
        content.append(contentsOf: UTF8.encode(scalar)!)
        return end
    }

    /// The four digits of the `\u` escape at `index`.
    private func codeUnit(at index: Int) throws(JSONSyntaxError) -> UInt32 {
        var value: UInt32 = 0
        for digit in index + 2..<index + 6 {
            guard digit < bytes.count, let hex = hexValue(bytes[digit]) else {
                throw JSONSyntaxError("\\u in a string needs four hexadecimal digits.", at: index)
            }
            value = value << 4 | UInt32(hex)
        }
        return value
    }

    private func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private func validated(
        _ content: UnsafeBufferPointer<UInt8>, from start: Int?, opening: Int = 0
    ) throws(JSONSyntaxError) -> String {
        if let text = String(validating: content, as: UTF8.self) { return text }
        throw JSONSyntaxError(
            "A string is not UTF-8.", at: start.map { $0 + firstInvalidByte(in: content) } ?? opening)
    }

    /// Where the text stops being UTF-8.
    private func firstInvalidByte(in content: UnsafeBufferPointer<UInt8>) -> Int {
        var decoder = UTF8()
        var iterator = content.makeIterator()
        var offset = 0
        while case .scalarValue(let scalar) = decoder.decode(&iterator) { offset += UTF8.width(scalar) }
        return offset
    }

    private func controlCharacter(_ byte: UInt8, at index: Int) -> JSONSyntaxError {
        let code = String(byte, radix: 16, uppercase: true)
        return JSONSyntaxError("A string holds the control character 0x\(code), which must be escaped.", at: index)
    }

    private func loneSurrogate(at index: Int) -> JSONSyntaxError {
        JSONSyntaxError("A \\u escape is half of a surrogate pair.", at: index)
    }
}
