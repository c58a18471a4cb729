/// How a server wants to be told who asks (RFC 9110, section 11.6.1); pure.
struct AuthenticationChallenge: Sendable, Equatable {
    /// In small letters: `basic`, `digest`, `bearer`.
    var scheme: String
    /// By names in small letters, unquoted.
    var parameters: [String: String]

    /// All challenges of the fields `WWW-Authenticate`; what makes no sense ends a field.
    static func parse(_ fields: [String]) -> [AuthenticationChallenge] {
        fields.flatMap { field in
            var reader = ChallengeReader(field)
            return reader.challenges()
        }
    }
}

private struct ChallengeReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ field: String) { bytes = Array(field.utf8) }

    mutating func challenges() -> [AuthenticationChallenge] {
        var found: [AuthenticationChallenge] = []
        while true {
            skip(" \t,")
            guard let word = token() else { return found }
            skip(" \t")
            if current == UInt8(ascii: "="), !found.isEmpty, next != UInt8(ascii: "=") {
                position += 1
                skip(" \t")
                guard let value = current == UInt8(ascii: "\"") ? quoted() : token() else { return found }
                found[found.count - 1].parameters[word.lowercased()] = value
            } else {
                found.append(AuthenticationChallenge(scheme: word.lowercased(), parameters: [:]))
                skipToken68()
            }
        }
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }
    private var next: UInt8? { position + 1 < bytes.count ? bytes[position + 1] : nil }

    private mutating func skip(_ blanks: StaticString) {
        while let byte = current, blanks.withUTF8Buffer({ $0.contains(byte) }) { position += 1 }
    }

    private mutating func token() -> String? {
        let start = position
        while let byte = current, byte > 0x20, byte < 0x7F, !"()<>@,;:\\\"/[]?={}".utf8.contains(byte) { position += 1 }
        return start == position ? nil : String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// One text in base64 behind a scheme (`Negotiate YII…==`), which none of ours has.
    private mutating func skipToken68() {
        let start = position
        while let byte = current, byte > 0x20, byte != UInt8(ascii: ","), byte != UInt8(ascii: "\"") { position += 1 }
        let text = bytes[start..<position]
        let isParameter = text.dropLast().contains(UInt8(ascii: "=")) && text.last != UInt8(ascii: "=")
        if isParameter || text.last == UInt8(ascii: "=") && current == UInt8(ascii: "\"") || !isEndOfChallenge {
            position = start
        }
    }

    private var isEndOfChallenge: Bool { current == nil || current == UInt8(ascii: ",") }

    private mutating func quoted() -> String? {
        position += 1
        var value: [UInt8] = []
        while let byte = current {
            position += 1
            if byte == UInt8(ascii: "\"") { return String(decoding: value, as: UTF8.self) }
            if byte == UInt8(ascii: "\\"), let escaped = current {
                value.append(escaped)
                position += 1
            } else {
                value.append(byte)
            }
        }
        return nil
    }
}
