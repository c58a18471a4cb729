extension JSONValue {
    /// The RFC 8785 form: members in the UTF-16 order of their names, numbers as ECMAScript writes them, no space.
    ///
    /// Numbers are `Double` there, so integers beyond 2^53 are rounded first.
    public var canonical: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        appendCanonical(to: &bytes)
        return bytes
    }

    private func appendCanonical(to bytes: inout [UInt8]) {
        switch self {
        case .null, .bool: bytes.append(contentsOf: JSONWriter.bytes(of: self, expectedBytes: 8))
        case .integer(let integer) where integer.magnitude <= 1 << 53: bytes.append(decimal: integer)
        case .integer(let integer): bytes.append(contentsOf: Self.ecmaScript(Double(integer)).utf8)
        case .number(let number): bytes.append(contentsOf: Self.ecmaScript(number).utf8)
        case .string(let text): bytes.append(quoted: text)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                element.appendCanonical(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let object):
            bytes.append(UInt8(ascii: "{"))
            let sorted = object.members.sorted { $0.name.utf16.lexicographicallyPrecedes($1.name.utf16) }
            for (index, member) in sorted.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                bytes.append(quoted: member.name)
                bytes.append(UInt8(ascii: ":"))
                member.value.appendCanonical(to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    /// `Number::toString` of ECMA-262; what JSON cannot express (NaN, infinities) becomes `null`.
    static func ecmaScript(_ number: Double) -> String {
        guard number.isFinite else { return "null" }
        if number == 0 { return "0" }
        // Swift prints the shortest digits that read back as the same number, which are ECMAScript's; only the layout differs.
        let printed = number.magnitude.description.split(separator: "e")
        let parts = printed[0].split(separator: ".", omittingEmptySubsequences: false)
        let whole = String(parts[0])
        var fraction = parts.count > 1 ? String(parts[1]) : ""
        if fraction == "0" { fraction = "" }
        var digits = Substring(whole + fraction)
        var point = whole.utf8.count + (printed.count > 1 ? Int(printed[1]) ?? 0 : 0)
        while digits.first == "0" {
            digits.removeFirst()
            point -= 1
        }
        while digits.last == "0" { digits.removeLast() }
        return (number < 0 ? "-" : "") + layout(digits: String(digits), point: point)
    }

    /// The number `0.<digits>` times ten to the power of `point`.
    private static func layout(digits: String, point: Int) -> String {
        let count = digits.utf8.count
        switch point {
        case count...21 where count <= 21: return digits + String(repeating: "0", count: point - count)
        case 1...21: return digits.prefix(point) + "." + digits.dropFirst(point)
        case -5...0: return "0." + String(repeating: "0", count: -point) + digits
        default:
            let exponent = point - 1
            let mantissa = count == 1 ? digits : digits.prefix(1) + "." + digits.dropFirst()
            return mantissa + "e" + (exponent < 0 ? "-" : "+") + String(exponent.magnitude)
        }
    }
}
