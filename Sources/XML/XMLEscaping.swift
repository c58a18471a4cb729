/// What may stand in a document that we write, and how.
enum XMLEscaping {
    /// `text` as character data or as the value of an attribute, so that a parser gives the same bytes back.
    ///
    /// - Throws: `unwritable` for control characters, U+FFFE and U+FFFF.
    static func escape(_ text: String) throws(XMLError) -> [UInt8] {
        var escaped: [UInt8] = []
        escaped.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;".utf8
            case "<": escaped += "&lt;".utf8
            case ">": escaped += "&gt;".utf8
            case "\"": escaped += "&quot;".utf8
            // A parser makes something else of these when they stand for themselves.
            case "\t": escaped += "&#9;".utf8
            case "\n": escaped += "&#10;".utf8
            case "\r": escaped += "&#13;".utf8
            case "\u{0}"..<" ", "\u{FFFE}", "\u{FFFF}":
                throw XMLError(.unwritable, "the text has a character that XML cannot carry")
            default: escaped += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
            }
        }
        return escaped
    }

    /// `name`, perhaps with a prefix.
    ///
    /// - Throws: `unwritable` where it is none of ASCII letters, digits, `-`, `.` and `_`.
    static func name(_ name: String) throws(XMLError) -> String {
        let parts = name.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.allSatisfy(isName) else { throw XMLError(.unwritable, "no name of an element") }
        return name
    }

    private static func isName(_ part: Substring.UTF8View) -> Bool {
        guard let first = part.first, isLetter(first) else { return false }
        return part.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."): true
            default: isLetter(byte)
            }
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
        default: false
        }
    }
}
