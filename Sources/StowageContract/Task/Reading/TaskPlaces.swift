import StrictCoding

extension ObjectReader {
    /// The source of a `store` that this object names; exactly one.
    mutating func source(limits: TaskLimits) throws(MemberProblem) -> TaskSource {
        let inline = try string("inline")
        let file = try file("file")
        let url = try string("url")
        let handle = try reader("handle")
        let headers = try headers("headers")
        let credentials = try text("credentials", bytes: 64)
        try finish()
        try requireOne(of: ["inline", "file", "url", "handle"])
        if let url { return .url(try location(url, headers, credentials)) }
        if headers != nil { throw problem("headers", "is possible only with url") }
        if credentials != nil { throw problem("credentials", "is possible only with url") }
        if let file { return .file(file) }
        if var handle { return .handle(try handle.handleInTask()) }
        return .inline(try bytes("inline", inline ?? "", limit: limits.inlineBytes))
    }

    /// The destination of a `retrieve` that this object names; exactly one.
    mutating func destination() throws(MemberProblem) -> TaskDestination {
        let inline = try bool("inline")
        let file = try file("file")
        let url = try string("url")
        let headers = try headers("headers")
        let credentials = try text("credentials", bytes: 64)
        try finish()
        try requireOne(of: ["file", "url", "inline"])
        if let url { return .url(try location(url, headers, credentials)) }
        if headers != nil { throw problem("headers", "is possible only with url") }
        if credentials != nil { throw problem("credentials", "is possible only with url") }
        if let file { return .file(file) }
        if inline == false { throw problem("inline", "must be true where it is given") }
        return .inline
    }

    private func location(
        _ url: String, _ headers: [String: String]?, _ credentials: String?
    ) throws(MemberProblem) -> TaskURL {
        if headers != nil, credentials != nil {
            throw problem("credentials", "and headers are both there; only one of the two is possible")
        }
        return TaskURL(
            url: try checked(url, schemes: ["http", "https", "ftp", "ftps", "sftp"]), headers: headers ?? [:],
            credentials: credentials)
    }

    private func requireOne(of names: [String]) throws(MemberProblem) {
        let given = names.filter { object[$0].map { !$0.isNull } ?? false }
        guard given.count != 1 else { return }
        let found = given.isEmpty ? "none" : given.joined(separator: " and ")
        throw MemberProblem(
            path: path, message: "must have exactly one of \(names.joined(separator: ", ")); it has \(found)")
    }

    private func bytes(_ name: String, _ text: String, limit: Int) throws(MemberProblem) -> [UInt8] {
        let count = Base64.decodedCount(text)
        guard count <= limit else { throw problem(name, "has \(count) bytes; at most \(limit) are taken inline") }
        guard let bytes = Base64.decode(text) else {
            throw problem(name, "must be base64 with padding and without line breaks (RFC 4648)")
        }
        return bytes
    }

    /// The absolute path under `name`; not normalised, for file systems compare bytes.
    private mutating func file(_ name: String) throws(MemberProblem) -> String? {
        guard let file = try text(name, bytes: 4095) else { return nil }
        guard file.utf8.first == UInt8(ascii: "/") else {
            throw problem(name, "must be an absolute path, not \(file.excerpt)")
        }
        for segment in file.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            if segment.isEmpty { throw problem(name, "must not have an empty segment: \(file.excerpt)") }
            if segment.elementsEqual(".".utf8) || segment.elementsEqual("..".utf8) {
                throw problem(name, "must not have a segment that is . or ..: \(file.excerpt)")
            }
            if segment.count > 255 { throw problem(name, "must not have a segment of more than 255 bytes") }
        }
        return file
    }

    /// A URL is never repeated in a message: it may hold a password or a signature.
    private func checked(_ url: String, schemes: [String]) throws(MemberProblem) -> String {
        guard url.utf8.count <= 8192 else { throw problem("url", "must have at most 8192 bytes") }
        guard url.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }) else {
            throw problem("url", "must have only visible ASCII characters; others are written as %XX")
        }
        let bytes = url.utf8
        let scheme = bytes.prefix { $0 != UInt8(ascii: ":") }
        guard schemes.contains(where: { $0.utf8.elementsEqual(String(Substring(scheme)).lowercased().utf8) }) else {
            throw problem("url", "must begin with one of \(schemes.map { $0 + "://" }.joined(separator: ", "))")
        }
        let rest = bytes.dropFirst(scheme.count)
        guard rest.starts(with: "://".utf8) else { throw problem("url", "must have :// after its scheme") }
        let authority = rest.dropFirst(3).prefix { $0 != 0x2F && $0 != 0x3F && $0 != 0x23 }
        let host = authority.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false).last ?? authority
        guard let first = host.first, first != UInt8(ascii: ":") else { throw problem("url", "must name a host") }
        return url
    }

    private mutating func headers(_ name: String) throws(MemberProblem) -> [String: String]? {
        var seen: Set<String> = []
        return try strings(name, limit: 32) { field, value in
            guard !field.isEmpty, field.utf8.count <= 256, field.utf8.allSatisfy(\.isTokenCharacter) else {
                return "is no name of an HTTP header field"
            }
            guard value.utf8.count <= 8192, !value.hasControlCharacters else {
                return "must have at most 8192 bytes and no control characters"
            }
            if TaskURL.isReserved(header: field) { return "is set by the worker and cannot be given" }
            return seen.insert(field.lowercased()).inserted
                ? nil : "is given twice; the case of letters makes no difference"
        }
    }
}

extension UInt8 {
    /// Whether RFC 9110 lets it stand in a token.
    fileprivate var isTokenCharacter: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(self)
        }
    }
}
