import ServiceRuntime
import StowageContract
import Transfer

/// Signs requests (AWS Signature Version 4).
///
/// Sources: AWS, "Authenticating Requests (AWS Signature Version 4)" of the S3 API reference: by header, by query, in chunks.
struct SignatureV4: Sendable {
    let region: String
    let service: String
    private let keys = SigningKeys()

    static let algorithm = "AWS4-HMAC-SHA256"
    /// The longest time that a signed URL can be good for: seven days.
    static let longestExpirySeconds = 604_800

    init(region: String, service: String = "s3") {
        self.region = region
        self.service = service
    }

    /// Adds the fields that sign `request`, and those that say how its body is framed; earlier ones are replaced.
    ///
    /// Signed are `Host` and, of the fields that are there, every `X-Amz-…`, `Content-Type`, `Content-MD5`,
    /// `Content-Encoding`, `Range` and every `If-…`.
    /// - Returns: what goes on with the chunks of a `streaming` payload.
    @discardableResult
    func sign(
        _ request: inout TransferRequest, payload: S3Payload, with credentials: S3Credentials, at time: Timestamp
    ) -> ChunkSigner {
        let scope = SigningScope(at: time, region: region, service: service)
        var headers = request.headers
        headers.remove(["Authorization", "X-Amz-Security-Token"])
        headers.set("X-Amz-Date", scope.moment)
        headers.set("X-Amz-Content-Sha256", payload.text)
        for (name, value) in payload.headers {
            headers.set(name, name == "Content-Encoding" ? headers.contentEncoding(within: value) : value)
        }
        if let token = credentials.sessionToken { headers.set("X-Amz-Security-Token", token.exposed) }
        let signed = headers.fields.filter { Self.isSigned($0.name) }.map { ($0.name, $0.value) }
        let canonical = CanonicalRequest(
            method: request.method, path: request.url.path, query: CanonicalQuery(wire: request.url.query),
            headers: [("host", request.url.hostHeader)] + signed, payload: payload.text)
        let key = keys.key(of: credentials, in: scope)
        let signature = key.signature(of: scope.stringToSign(canonical))
        headers.set(
            "Authorization",
            """
            \(Self.algorithm) Credential=\(credentials.accessKey)/\(scope.text), \
            SignedHeaders=\(canonical.signedHeaders), Signature=\(signature)
            """)
        request.headers = headers
        return ChunkSigner(scope: scope, key: key, seed: signature)
    }

    /// The URL that lets whoever has it do this one thing for so many seconds (1 to 604,800), counted from `time`.
    ///
    /// `headers`: fields that the request then has to carry, besides `Host`; `query`: parameters besides those of the URL,
    /// as they are meant (`versionId`, `response-content-disposition`). The body is not signed.
    /// - Throws: `invalidRequest` for another expiry, or for a parameter that belongs to the signature.
    func presign(
        method: String, url: TransferURL, headers: [(String, String)], query: [(String, String)] = [],
        expiresSeconds: Int, with credentials: S3Credentials, at time: Timestamp
    ) throws(TransferError) -> Secret {
        guard (1...Self.longestExpirySeconds).contains(expiresSeconds) else {
            throw TransferError(.invalidRequest, "a signed URL is good for one second to seven days")
        }
        let scope = SigningScope(at: time, region: region, service: service)
        var parameters = CanonicalQuery(wire: url.query)
        for (name, value) in query { parameters.add(name, value) }
        let host = [("host", url.hostHeader)]
        var canonical = CanonicalRequest(
            method: method, path: url.path, query: parameters, headers: host + headers, payload: S3Payload.unsigned.text
        )
        parameters.add("X-Amz-Algorithm", Self.algorithm)
        parameters.add("X-Amz-Credential", "\(credentials.accessKey)/\(scope.text)")
        parameters.add("X-Amz-Date", scope.moment)
        parameters.add("X-Amz-Expires", "\(expiresSeconds)")
        parameters.add("X-Amz-SignedHeaders", canonical.signedHeaders)
        if let token = credentials.sessionToken { parameters.add("X-Amz-Security-Token", token.exposed) }
        guard parameters.hasDistinctNames(from: "X-Amz-") else {
            throw TransferError(.invalidRequest, "a parameter of the URL belongs to its signature")
        }
        canonical.query = parameters
        let signature = keys.key(of: credentials, in: scope).signature(of: scope.stringToSign(canonical))
        let path = url.path.isEmpty ? "/" : url.path
        return Secret("\(url.scheme)://\(url.hostHeader)\(path)?\(parameters.text)&X-Amz-Signature=\(signature)")
    }

    private static func isSigned(_ name: String) -> Bool {
        let name = name.lowercased()
        return name.utf8.starts(with: "x-amz-".utf8) || name.utf8.starts(with: "if-".utf8)
            || ["content-type", "content-md5", "content-encoding", "range"].contains(name)
    }
}
