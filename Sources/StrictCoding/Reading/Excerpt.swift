public import Glibc

extension String {
    /// Whether the UTF-8 bytes are the same; never canonical equivalence.
    @inlinable
    public func hasSameBytes(as other: String) -> Bool {
        let count = utf8.count
        guard count == other.utf8.count else { return false }
        let inPlace = utf8.withContiguousStorageIfAvailable { left in
            other.utf8.withContiguousStorageIfAvailable { right in
                guard let left = left.baseAddress, let right = right.baseAddress else { return true }
                return memcmp(left, right, count) == 0
            }
        }
        return inPlace.flatMap { $0 } ?? utf8.elementsEqual(other.utf8)
    }

    /// The text in quotation marks as it may stand in a message: control characters escaped, cut to 64 bytes.
    public var excerpt: String {
        var text = "“"
        var count = 0
        for scalar in unicodeScalars {
            let shown = scalar.isPrintable ? String(scalar) : "\\u{" + String(scalar.value, radix: 16) + "}"
            count += shown.utf8.count
            if count > 64 { return text + "…”" }
            text += shown
        }
        return text + "”"
    }
}

extension Unicode.Scalar {
    /// Whether it shows as itself and leaves its surroundings alone (no control, no format, no line separator).
    var isPrintable: Bool {
        if value < 0x7F { return value >= 0x20 }
        switch properties.generalCategory {
        case .control, .format, .surrogate, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: return false
        default: return true
        }
    }
}
