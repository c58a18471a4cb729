/// An absolute URL as the library that speaks to its host understands it; carries no credentials.
///
/// Made by `init(_:)` in `Curl/`: one parser for what is checked and what is done.
package struct TransferURL: Sendable, Equatable {
    /// Lower case.
    package let scheme: String
    /// Lower case, addresses in their shortest form, IPv6 addresses without brackets.
    package let host: String
    /// The one written, or that of the scheme.
    package let port: Int
    /// As it goes onto the wire, percent-encoded, without query.
    package let path: String
    /// As it goes onto the wire, without the question mark.
    package let query: String?
    /// The whole; its query may be a secret (presigned URLs).
    package let exposed: String

    init(scheme: String, host: String, port: Int, path: String, query: String?, exposed: String) {
        self.scheme = scheme
        self.host = host
        self.port = port
        self.path = path
        self.query = query
        self.exposed = exposed
    }

    /// Whether credentials for one may be sent to the other: scheme, host and port are the same.
    package func hasSameOrigin(as other: TransferURL) -> Bool {
        scheme == other.scheme && host == other.host && port == other.port
    }
}

extension TransferURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Scheme, host, port and path: fit for logs.
    package var description: String {
        let host = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        return "\(scheme)://\(host):\(port)\(path)"
    }

    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
