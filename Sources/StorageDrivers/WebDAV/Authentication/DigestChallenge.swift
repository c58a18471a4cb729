import Cryptography

/// A challenge of HTTP Digest, and what is answered to it (RFC 7616; without `qop` RFC 2069); pure.
struct DigestChallenge: Sendable, Equatable {
    enum Algorithm: String, Sendable {
        case md5 = "MD5"
        case sha256 = "SHA-256"

        /// 32 or 64 hexadecimal digits.
        func hash(_ text: String) -> String {
            let bytes = Array(text.utf8)
            return switch self {
            case .md5: Hexadecimal.encode(MD5Hasher.digest(of: bytes))
            case .sha256: SHA256Hasher.digest(of: bytes).hexadecimal
            }
        }
    }

    var realm: String
    var nonce: String
    var opaque: String?
    var algorithm: Algorithm
    /// Whether the algorithm was named, and is repeated.
    var isAlgorithmNamed: Bool
    /// `-sess`: the first hash holds for one nonce.
    var isOfSession: Bool
    /// Whether requests are counted (`qop=auth`).
    var counts: Bool
    var isStale: Bool
    /// Whether the user's name is to be sent as a hash.
    var hashesUser: Bool

    /// `nil`: another scheme, or something that we cannot do.
    init?(_ challenge: AuthenticationChallenge) {
        let parameters = challenge.parameters
        guard challenge.scheme == "digest", let realm = parameters["realm"], let nonce = parameters["nonce"] else {
            return nil
        }
        var name = parameters["algorithm"]?.uppercased() ?? "MD5"
        isOfSession = name.hasSuffix("-SESS")
        if isOfSession { name.removeLast("-SESS".count) }
        guard let algorithm = Algorithm(rawValue: name) else { return nil }
        if let qop = parameters["qop"] {
            let values = qop.lowercased().split { $0 == "," || $0 == " " }
            guard values.contains("auth") else { return nil }
            counts = true
        } else {
            counts = false
        }
        self.algorithm = algorithm
        self.realm = realm
        self.nonce = nonce
        opaque = parameters["opaque"]
        isAlgorithmNamed = parameters["algorithm"] != nil
        isStale = parameters["stale"]?.lowercased() == "true"
        hashesUser = parameters["userhash"]?.lowercased() == "true"
    }

    /// The strongest of several that we can answer.
    static func best(of challenges: [AuthenticationChallenge]) -> DigestChallenge? {
        let known = challenges.compactMap { DigestChallenge($0) }
        return known.first { $0.algorithm == .sha256 } ?? known.first
    }

    /// The value of `Authorization` for one request: the `count`th with this nonce, from 1.
    func authorization(
        user: String, password: String, method: String, target: String, count: Int, clientNonce: String
    ) -> String {
        let hash = algorithm.hash
        var secret = hash("\(user):\(realm):\(password)")
        if isOfSession { secret = hash("\(secret):\(nonce):\(clientNonce)") }
        let request = hash("\(method):\(target)")
        let digits = String(count, radix: 16)
        let number = String(repeating: "0", count: max(0, 8 - digits.utf8.count)) + digits
        let response =
            counts
            ? hash("\(secret):\(nonce):\(number):\(clientNonce):auth:\(request)")
            : hash("\(secret):\(nonce):\(request)")
        var parts = [
            "username=\(Self.quote(hashesUser ? hash("\(user):\(realm)") : user))", "realm=\(Self.quote(realm))",
            "nonce=\(Self.quote(nonce))", "uri=\(Self.quote(target))", "response=\"\(response)\"",
        ]
        if isAlgorithmNamed { parts.append("algorithm=\(algorithm.rawValue)\(isOfSession ? "-sess" : "")") }
        if counts { parts += ["qop=auth", "nc=\(number)"] }
        if counts || isOfSession { parts.append("cnonce=\"\(clientNonce)\"") }
        if let opaque { parts.append("opaque=\(Self.quote(opaque))") }
        if hashesUser { parts.append("userhash=true") }
        return "Digest " + parts.joined(separator: ", ")
    }

    private static func quote(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { quoted.unicodeScalars.append("\\") }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "\""
    }
}
