extension JSONScanner {
    /// The number that begins at the position: an exact `Int64` where it can be, else the nearest `Double`.
    mutating func number() throws(JSONSyntaxError) -> JSONValue {
        let start = position
        let isNegative = current == UInt8(ascii: "-")
        if isNegative { position += 1 }
        let first = current
        guard isDigit(first) else {
            throw JSONSyntaxError("A digit is expected after the minus sign, not \(found).", at: position)
        }
        // Collected as a negative number, which reaches one further.
        var integer: Int64? = 0
        while isDigit(current) {
            if let value = integer {
                let (product, overflow) = value.multipliedReportingOverflow(by: 10)
                let (difference, underflow) = product.subtractingReportingOverflow(Int64(current - 0x30))
                integer = overflow || underflow ? nil : difference
            }
            position += 1
        }
        if first == UInt8(ascii: "0"), position - start > (isNegative ? 2 : 1) {
            throw JSONSyntaxError("A number begins with a zero too many.", at: start)
        }
        let hasFraction = try fraction()
        let hasExponent = try exponent()
        guard position - start <= JSONParser.numberLimit else {
            throw JSONSyntaxError(
                "A number has \(position - start) characters; at most \(JSONParser.numberLimit) are read.", at: start)
        }
        if !hasFraction, !hasExponent, let integer {
            if isNegative { return .integer(integer) }
            if integer != .min { return .integer(-integer) }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        guard let number = Double(text), number.isFinite else {
            throw JSONSyntaxError("The number \(text) is too large.", at: start)
        }
        return .number(number)
    }

    /// Takes a fraction; whether there is one.
    private mutating func fraction() throws(JSONSyntaxError) -> Bool {
        guard current == UInt8(ascii: ".") else { return false }
        position += 1
        try digits(after: "the decimal point")
        return true
    }

    /// Takes an exponent; whether there is one.
    private mutating func exponent() throws(JSONSyntaxError) -> Bool {
        guard current | 0x20 == UInt8(ascii: "e") else { return false }
        position += 1
        if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
        try digits(after: "the exponent sign of a number")
        return true
    }

    private mutating func digits(after place: StaticString) throws(JSONSyntaxError) {
        guard isDigit(current) else {
            throw JSONSyntaxError("A digit is expected after \(place), not \(found).", at: position)
        }
        while isDigit(current) { position += 1 }
    }

    @inline(__always)
    private func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
}
