import Cryptography
import StowageContract
import Transfer

/// One request to the store, before it is signed.
struct S3Call: Sendable {
    /// The bytes that go with it.
    enum Body: Sendable {
        case none
        /// A document or a small archive.
        case bytes([UInt8])
        /// A part that lies in memory, and can be sent again.
        case part(S3Part)
        /// Bytes that pass once, exactly so many.
        case stream(any TransferBody, size: Int64)
    }

    var method: String
    /// `nil`: the bucket itself.
    var key: String?
    var query: [S3Query]
    var headers: TransferHeaders
    var body: Body
    /// What follows a `part` or a `stream`, over TLS.
    var trailer: TrailingChecksum?
    /// Told whenever bytes of the body have gone.
    var worked: (@Sendable () -> Void)?

    init(
        _ method: String, _ key: String? = nil, _ query: [S3Query] = [], headers: TransferHeaders = [],
        body: Body = .none
    ) {
        self.method = method
        self.key = key
        self.query = query
        self.headers = headers
        self.body = body
    }

    /// A request with a document, whose digest every store wants to see.
    static func document(
        _ method: String, _ key: String?, _ query: [S3Query], _ bytes: [UInt8], headers: TransferHeaders = [],
        mediaType: String = "application/xml"
    ) -> S3Call {
        var headers = headers
        headers.add("Content-MD5", Base64.encode(MD5Hasher.digest(of: bytes)))
        headers.add("Content-Type", mediaType)
        return S3Call(method, key, query, headers: headers, body: .bytes(bytes))
    }

    /// Whether it can be sent a second time, when the first one was refused for a reason that is mended.
    var isReplayable: Bool {
        if case .stream = body { false } else { true }
    }

    /// Whether it is about an upload that is under way.
    var isOfUpload: Bool { query.contains { $0.name == "uploadId" } }

    /// Whether the store is another one after it.
    var isChange: Bool { method != "GET" && method != "HEAD" }
}
