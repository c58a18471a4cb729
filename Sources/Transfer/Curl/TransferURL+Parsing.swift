import CCurl

extension TransferURL {
    /// Reads an absolute URL, or one that is relative to `base` (a redirect).
    ///
    /// - Throws: `invalidRequest`: no URL, no host, credentials inside, or characters outside of printable ASCII, which
    ///   clients and servers are known to read differently. The error does not repeat the text.
    package init(_ text: String, relativeTo base: TransferURL? = nil) throws(TransferError) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !text.isEmpty else {
            throw TransferError(.invalidRequest, "a URL has characters that must be percent-encoded")
        }
        guard text.hasStrictAuthority else { throw TransferError(.invalidRequest, "a URL has no host") }
        guard let handle = curl_url() else { throw TransferError(.unexpected, "out of memory") }
        defer { curl_url_cleanup(handle) }
        let flags = UInt32(CURLU_PATH_AS_IS | CURLU_NON_SUPPORT_SCHEME)
        if let base {
            guard curl_url_set(handle, CURLUPART_URL, base.exposed, flags) == CURLUE_OK else {
                throw TransferError(.unexpected, "a URL cannot be read twice")
            }
        }
        let code = curl_url_set(handle, CURLUPART_URL, text, base == nil ? flags : UInt32(CURLU_NON_SUPPORT_SCHEME))
        guard code == CURLUE_OK else {
            throw TransferError(.invalidRequest, "no URL: \(String(cString: curl_url_strerror(code)))")
        }
        curl_url_set(handle, CURLUPART_FRAGMENT, nil, 0)
        for part in [CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_OPTIONS] where handle.part(part) != nil {
            throw TransferError(.invalidRequest, "a URL has credentials in it; they are given separately")
        }
        guard let scheme = handle.part(CURLUPART_SCHEME), let written = handle.part(CURLUPART_HOST), !written.isEmpty
        else { throw TransferError(.invalidRequest, "a URL has no host") }
        let host = written.asciiLowercased
        // The library sends `Host` as the URL writes it, and a signature covers it. Only then: setting it loses a zone.
        if host != written { curl_url_set(handle, CURLUPART_HOST, host, 0) }
        guard let exposed = handle.part(CURLUPART_URL) else {
            throw TransferError(.unexpected, "a URL cannot be written")
        }
        guard let port = handle.part(CURLUPART_PORT, UInt32(CURLU_DEFAULT_PORT)).flatMap({ Int($0) }), port > 0 else {
            throw TransferError(.invalidRequest, "a URL has no port, and none belongs to its scheme")
        }
        let bare = host.first == "[" ? String(host.dropFirst().dropLast()) : host
        self.init(
            scheme: scheme.asciiLowercased, host: bare, port: port,
            path: handle.part(CURLUPART_PATH) ?? "/", query: handle.part(CURLUPART_QUERY), exposed: exposed)
    }
}

extension OpaquePointer {
    fileprivate func part(_ part: CURLUPart, _ flags: UInt32 = 0) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(self, part, &text, flags) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}

extension String {
    /// A scheme is followed by two slashes and a host; the library takes one slash, or three, for two.
    fileprivate var hasStrictAuthority: Bool {
        let delimiters = Array(":/?#".utf8)
        var rest = utf8[...]
        var hasScheme = false
        if let first = utf8.firstIndex(where: delimiters.contains), utf8[first] == UInt8(ascii: ":") {
            hasScheme = true
            rest = utf8[utf8.index(after: first)...]
        }
        if rest.starts(with: "///".utf8) { return false }
        return !hasScheme || rest.starts(with: "//".utf8)
    }

    fileprivate var asciiLowercased: String { String(decoding: utf8.map(\.asciiLowercased), as: UTF8.self) }
}
