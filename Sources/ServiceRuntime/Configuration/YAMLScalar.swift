import StrictCoding

/// What a plain scalar means: the core schema of YAML 1.2, in which `yes`, `on` and `12:30` are texts.
enum YAMLScalar {
    struct Ambiguous: Error, Equatable {
        var message: String
    }

    /// The value of the text; a number with a leading zero is refused, because people mean octal and YAML does not.
    static func value(of text: String) -> Result<JSONValue, Ambiguous> {
        switch text {
        case "", "~", "null", "Null", "NULL": return .success(.null)
        case "true", "True", "TRUE": return .success(.bool(true))
        case "false", "False", "FALSE": return .success(.bool(false))
        default: break
        }
        var digits = text.utf8[...]
        if digits.starts(with: "0o".utf8) { return .success(integer(digits.dropFirst(2), radix: 8) ?? .string(text)) }
        if digits.starts(with: "0x".utf8) { return .success(integer(digits.dropFirst(2), radix: 16) ?? .string(text)) }
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative || digits.first == UInt8(ascii: "+") { digits = digits.dropFirst() }
        if !digits.isEmpty, digits.allSatisfy(isDigit) {
            if digits.count > 1, digits.first == UInt8(ascii: "0") {
                return .failure(
                    Ambiguous(message: "is a number with a leading zero: write 0o… for octal, or quote it as a text"))
            }
            if let integer = Int64(text) { return .success(.integer(integer)) }
            return .success(Double(text).map(JSONValue.number) ?? .string(text))
        }
        guard isDecimal(digits), let number = Double(String(decoding: digits, as: UTF8.self)), number.isFinite else {
            return .success(.string(text))
        }
        return .success(.number(isNegative ? -number : number))
    }

    private static func integer(_ digits: Substring.UTF8View, radix: Int) -> JSONValue? {
        guard let first = digits.first, first != UInt8(ascii: "-"), first != UInt8(ascii: "+") else { return nil }
        return Int64(Substring(digits), radix: radix).map(JSONValue.integer)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// `[0-9]+(\.[0-9]*)?` or `\.[0-9]+`, then perhaps an exponent.
    private static func isDecimal(_ text: Substring.UTF8View) -> Bool {
        var rest = text
        let whole = rest.prefix(while: isDigit)
        rest = rest.dropFirst(whole.count)
        var fraction = 0
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            fraction = rest.prefix(while: isDigit).count
            rest = rest.dropFirst(fraction)
        }
        guard !whole.isEmpty || fraction > 0 else { return false }
        guard let letter = rest.first else { return true }
        guard letter | 0x20 == UInt8(ascii: "e") else { return false }
        rest = rest.dropFirst()
        if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        return !rest.isEmpty && rest.allSatisfy(isDigit)
    }
}
