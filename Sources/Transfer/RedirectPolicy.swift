/// Says whether a redirect may be followed, and how; pure.
///
/// Nothing else follows redirects.
package struct RedirectPolicy: Sendable, Equatable {
    /// So many in a row.
    package var most: Int

    package init(most: Int = 5) {
        self.most = most
    }

    /// What may be said to a server that the request was not meant for: nothing that anybody could have put a secret in.
    private static let harmless = [
        "Accept", "Accept-Language", "Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since",
        "If-Range",
    ]

    /// The request that an answer redirects to, to be sent by the caller; `nil` where the answer is none.
    ///
    /// Credentials and headers stay with scheme, host and port; bodies too. Never from `https` to anything else.
    /// `followed` says how many redirects led to `request`.
    /// - Throws: `redirectRefused`.
    package func next(
        after head: TransferHead, to request: TransferRequest, followed: Int
    ) throws(TransferError) -> TransferRequest? {
        guard [301, 302, 303, 307, 308].contains(head.status) else { return nil }
        guard followed < most else { throw Self.refused("too many redirects") }
        let locations = head.headers.values(of: "Location")
        guard let location = locations.first, locations.count == 1 else {
            throw Self.refused("the redirect does not say where to go")
        }
        let url: TransferURL
        do throws(TransferError) {
            url = try TransferURL(location, relativeTo: request.url)
        } catch {
            throw Self.refused("the redirect leads to no URL: \(error.message)")
        }
        if request.url.scheme == "https", url.scheme != "https" { throw Self.refused("the redirect leaves HTTPS") }
        var next = request
        next.url = url
        if request.method != "GET", request.method != "HEAD" { try keepOrDropBody(head.status, &next) }
        if !url.hasSameOrigin(as: request.url) {
            guard next.body == nil else { throw Self.refused("the redirect takes the body to another server") }
            next.credentials = nil
            next.headers = next.headers.only(Self.harmless)
        }
        return next
    }

    /// What the method and the body become where the request was to change something.
    private func keepOrDropBody(_ status: Int, _ request: inout TransferRequest) throws(TransferError) {
        switch status {
        case 303:
            request.method = "GET"
            request.body = nil
            request.expectsContinue = false
            request.headers = request.headers.without(["Content-Type", "Content-MD5", "Content-Encoding"])
        case 307, 308:
            if case .stream = request.body { throw Self.refused("the body cannot be sent a second time") }
        default:
            // Clients do not agree on what 301 and 302 make of such a request.
            throw Self.refused("a redirect of \(request.method) by \(status) has no clear meaning")
        }
    }

    private static func refused(_ message: String) -> TransferError {
        TransferError(.redirectRefused, message)
    }
}
