import Storage
import Transfer

/// One request to the server, before anybody has said who asks.
struct WebDAVCall: Sendable {
    enum Body: Sendable {
        case none
        /// A document or a small file: can be sent again.
        case bytes([UInt8])
        /// Bytes that pass once; they go when the server has asked for them.
        case stream(ReplayedBody, size: Int64?)
    }

    var method: String
    /// The path on the wire.
    var target: String
    var headers: TransferHeaders
    var body: Body

    init(_ method: String, _ target: String, headers: TransferHeaders = [], body: Body = .none) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
    }

    /// Asks about a resource, and about what is in it with `depth` 1.
    static func find(_ target: String, depth: Int, asksForRoom: Bool = false) -> WebDAVCall {
        let quota = asksForRoom ? "<D:quota-available-bytes/><D:quota-used-bytes/>" : ""
        let document = """
            <?xml version="1.0" encoding="utf-8"?>
            <D:propfind xmlns:D="DAV:"><D:prop><D:resourcetype/><D:getcontentlength/><D:getlastmodified/>\(quota)</D:prop></D:propfind>
            """
        return WebDAVCall(
            "PROPFIND", target,
            headers: [("Depth", String(depth)), ("Content-Type", "application/xml; charset=utf-8")],
            body: .bytes(Array(document.utf8)))
    }

    /// Gives a resource another name; `url`: absolute.
    static func move(_ target: String, to url: String, replacing: Bool) -> WebDAVCall {
        WebDAVCall("MOVE", target, headers: [("Destination", url), ("Overwrite", replacing ? "T" : "F")])
    }

    /// Whether the store is another one after it.
    var isChange: Bool { !["GET", "HEAD", "PROPFIND", "OPTIONS"].contains(method) }

    /// Whether sending it twice does what sending it once does: a name that is uploaded to is nobody else's.
    var isRepeatable: Bool {
        guard case .bytes = body, method == "PUT" else { return !isChange }
        return true
    }
}
