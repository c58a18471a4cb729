import Cryptography

/// What a signature says of a request, in the one form that both sides arrive at.
///
/// Source: AWS, "Create a signed AWS API request". The path is taken as it stands on the wire: S3 normalises nothing and
/// encodes nothing twice.
struct CanonicalRequest {
    var method: String
    /// As on the wire; empty means `/`.
    var path: String
    var query: CanonicalQuery
    /// 64 hexadecimal digits, or one of the words that stand for them.
    var payload: String
    /// Lower-case names in order, each with its value.
    private var headers: [(name: String, value: String)]

    /// `headers`: those that are signed, `Host` among them, in any order and case; several of a name become one.
    init(method: String, path: String, query: CanonicalQuery, headers: [(String, String)], payload: String) {
        self.method = method
        self.path = path
        self.query = query
        self.payload = payload
        // The order of those of one name stays: sorting is stable.
        let sorted = headers.map { (name: $0.0.lowercased(), value: $0.1.withoutSpareSpaces) }
            .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        self.headers = []
        for (name, value) in sorted {
            if let last = self.headers.indices.last, self.headers[last].name == name {
                self.headers[last].value += "," + value
            } else {
                self.headers.append((name, value))
            }
        }
    }

    /// The names of the headers, parted by semicolons.
    var signedHeaders: String { headers.map(\.name).joined(separator: ";") }

    var text: String {
        let lines = headers.map { "\($0.name):\($0.value)\n" }.joined()
        return [method, path.isEmpty ? "/" : path, query.text, lines, signedHeaders, payload].joined(separator: "\n")
    }

    var digest: SHA256Digest { SHA256Hasher.digest(of: Array(text.utf8)) }
}

extension String {
    /// Without spaces and tabs at its ends, and one space for each run of them inside.
    fileprivate var withoutSpareSpaces: String {
        var wasSpace = true
        let isTidy =
            utf8.allSatisfy { byte in
                let isSpace = byte == UInt8(ascii: " ")
                defer { wasSpace = isSpace }
                return byte != UInt8(ascii: "\t") && !(isSpace && wasSpace)
            } && (!wasSpace || isEmpty)
        if isTidy { return self }
        let words = utf8.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        return words.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
    }
}
