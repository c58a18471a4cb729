import Transfer

/// Where the configured folder lies, and how paths below it are called on the wire; pure.
struct WebDAVAddress: Sendable {
    /// What is wrong with a URL.
    struct Problem: Error {
        var message: String
    }

    /// `https://host[:port]`.
    let origin: String
    /// The path of the root as configured, with a slash at both ends.
    let base: String
    let isSecure: Bool
    /// How names are written on the server, as found when it was connected to.
    var naming = WebDAVNaming()

    init(_ text: String) throws(Problem) {
        let url: TransferURL
        do throws(TransferError) {
            url = try TransferURL(text)
        } catch {
            throw Problem(message: "must be a URL: " + error.message)
        }
        guard url.scheme == "https" || url.scheme == "http" else {
            throw Problem(message: "must begin with https:// or http://")
        }
        guard url.query == nil, !text.utf8.contains(UInt8(ascii: "#")) else {
            throw Problem(message: "must have no query and no fragment")
        }
        let segments = url.path.utf8.split(separator: UInt8(ascii: "/")).map { Array($0) }
        guard !segments.contains(where: { $0.elementsEqual(".".utf8) || $0.elementsEqual("..".utf8) }) else {
            throw Problem(message: "must have no . and no .. in its path")
        }
        let host = url.host.utf8.contains(UInt8(ascii: ":")) ? "[\(url.host)]" : url.host
        let isDefaultPort = url.port == (url.scheme == "https" ? 443 : 80)
        origin = "\(url.scheme)://" + (isDefaultPort ? host : "\(host):\(url.port)")
        base = "/" + segments.map { String(decoding: $0, as: UTF8.self) + "/" }.joined()
        isSecure = url.scheme == "https"
    }

    /// What a request for a path names; folders end with a slash, without which some servers make none.
    func target(_ path: String, isFolder: Bool = false) -> String {
        if path.isEmpty { return base }
        return base + Self.encode(naming.written(path)) + (isFolder ? "/" : "")
    }

    func url(_ target: String) throws(TransferError) -> TransferURL { try TransferURL(origin + target) }

    /// All but unreserved characters and slashes in percent-encoding (RFC 3986, section 2.3).
    static func encode(_ path: String) -> String {
        PercentEncoding.encode(path.utf8, keepingSlash: true)
    }

    /// The folder above a path; `nil`: it is the root.
    static func folder(of path: String) -> String? {
        guard !path.isEmpty else { return nil }
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "" }
        return String(path[..<slash])
    }

    /// The last segment of a path.
    static func name(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
        return String(path[path.utf8.index(after: slash)...])
    }
}
