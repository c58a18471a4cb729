/// Why a transfer did not succeed, whether trying again can help, and whether the server may have seen the request.
///
/// No text in it has credentials, queries or fragments of URLs.
package struct TransferError: Error, Sendable, CustomStringConvertible {
    package enum Kind: String, Sendable, CaseIterable {
        /// The name of the host or of the proxy could not be resolved.
        case resolve
        /// Every address of the host was refused by the configured check.
        case addressRefused = "address-refused"
        /// No connection to any address, or the proxy made none.
        case connect
        /// No TLS session: handshake, certificates, names, the files that they are read from.
        case tls
        /// No connection in time, no progress for too long, or longer than allowed in all.
        case timeout
        /// The peer ended the connection before its answer was complete.
        case peerClosed = "peer-closed"
        /// Header block or body larger than allowed.
        case tooLarge = "too-large"
        /// What came is not HTTP, or breaks its rules.
        case `protocol`
        /// A redirect that may not be followed.
        case redirectRefused = "redirect-refused"
        /// The request cannot be sent as it is.
        case invalidRequest = "invalid-request"
        /// The body of the request failed, or has another size than was said; `underlying` is its error.
        case requestBody = "request-body"
        /// The task was cancelled.
        case cancelled
        /// The client was closed by us.
        case closed
        /// Anything else.
        case unexpected
    }

    package var kind: Kind
    /// A constant sentence, with what the library says about names, connections and certificates.
    package var message: String
    /// Whether the same request might succeed later.
    package var isRetryable: Bool
    /// Whether bytes of the request may have reached a server: its effect may have happened all the same.
    package var mayHaveSent: Bool
    /// Where the request went: scheme, host, port and path.
    package var place: String?
    /// What the body of the request threw.
    package var underlying: (any Error)?

    package init(
        _ kind: Kind, _ message: String, isRetryable: Bool? = nil, mayHaveSent: Bool = false,
        underlying: (any Error)? = nil
    ) {
        self.kind = kind
        self.message = message
        self.isRetryable = isRetryable ?? kind.isRetryable
        self.mayHaveSent = mayHaveSent
        self.underlying = underlying
    }

    package var description: String {
        "\(kind.rawValue): \(message)\(place.map { " (\($0))" } ?? "")"
    }
}

extension TransferError.Kind {
    /// What holds unless an error says otherwise.
    var isRetryable: Bool {
        switch self {
        // An answer of a name server that fails looks like one that says no.
        case .resolve, .connect, .timeout, .peerClosed: true
        case .addressRefused, .tls, .tooLarge, .protocol, .redirectRefused, .invalidRequest, .requestBody,
            .cancelled, .closed, .unexpected:
            false
        }
    }
}

extension TransferError {
    static let cancelled = TransferError(.cancelled, "the transfer was cancelled")
    static let closed = TransferError(.closed, "the transfer client was closed")
}
