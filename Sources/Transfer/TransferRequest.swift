package import ServiceRuntime

/// One request.
package struct TransferRequest: Sendable {
    package enum Body: Sendable {
        case bytes([UInt8])
        /// `size`: exactly that many bytes come; `nil`: nobody knows yet (chunked with HTTP/1.1).
        case stream(any TransferBody, size: Int64?)
    }

    /// What is asked for; the answer says what it became.
    package enum HTTPVersion: Sendable, Equatable {
        /// HTTP/1.1 only.
        case http1
        /// HTTP/2 where the server offers it within TLS, else HTTP/1.1.
        case http2
    }

    /// Sent with the first request (Basic), only to the host of the URL.
    package struct Credentials: Sendable, Equatable {
        package var user: String
        package var password: Secret

        package init(user: String, password: Secret) {
            self.user = user
            self.password = password
        }
    }

    package var method: String
    package var url: TransferURL
    /// Besides those that belong to the transfer: see `ownedHeaders`.
    package var headers: TransferHeaders
    package var body: Body?
    package var httpVersion = HTTPVersion.http1
    package var credentials: Credentials?
    /// Asks before sending the body (`100-continue`): a server that refuses need not take it.
    ///
    /// A server that says nothing gets the body all the same after `TransferConfiguration.continueWait`.
    package var expectsContinue = false
    /// Instead of those of the client.
    package var limits: TransferLimits?
    /// Called with both counters whenever they have grown, on the thread of the loop: must return at once.
    package var observe: (@Sendable (TransferProgress) -> Void)?
    /// Set by `FTPClient` only.
    var ftp: FTPInstructions?

    package init(_ method: String, _ url: TransferURL, headers: TransferHeaders = [], body: Body? = nil) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }
}

/// What has passed so far.
package struct TransferProgress: Sendable, Equatable {
    /// Bytes of the request's body that were handed to the connection.
    package var sent: Int64 = 0
    /// Bytes of the response's body that came.
    package var received: Int64 = 0

    package init(sent: Int64 = 0, received: Int64 = 0) {
        self.sent = sent
        self.received = received
    }
}

extension TransferRequest {
    /// Fields that say how the message is framed, or to whom it goes; they follow from the rest of the request.
    static let ownedHeaders = [
        "Host", "Content-Length", "Transfer-Encoding", "Connection", "Expect", "Upgrade", "TE", "Proxy-Authorization",
    ]

    func validate(schemes: [String]) throws(TransferError) {
        guard schemes.contains(url.scheme) else {
            throw TransferError(.invalidRequest, "the scheme of the URL is not allowed here")
        }
        guard method.isHTTPToken else { throw TransferError(.invalidRequest, "the method is no token") }
        if body != nil, method == "GET" || method == "HEAD" {
            throw TransferError(.invalidRequest, "GET and HEAD have no body")
        }
        for field in headers.fields {
            guard field.name.isHTTPToken, field.value.isHeaderValue else {
                throw TransferError(.invalidRequest, "a header field has characters that it cannot have")
            }
            guard !Self.ownedHeaders.contains(where: { $0.isSameHeaderName(as: field.name) }) else {
                throw TransferError(.invalidRequest, "the header field \(field.name) belongs to the transfer")
            }
        }
        if let credentials {
            // Basic cannot say where such a user ends.
            guard !credentials.user.utf8.contains(UInt8(ascii: ":")), credentials.user.isHeaderValue,
                credentials.password.exposed.isHeaderValue
            else {
                throw TransferError(.invalidRequest, "the credentials have characters that they cannot have")
            }
        }
        if case .stream(_, let size?) = body, size < 0 {
            throw TransferError(.invalidRequest, "a body has no size below zero")
        }
    }
}
