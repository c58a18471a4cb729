package import ServiceRuntime

/// What all transfers of one client have in common.
///
/// A client shares no connection with another one: what one may reach by its address check, another cannot reuse.
package struct TransferConfiguration: Sendable {
    package struct TLS: Sendable {
        /// Trusted certificates (PEM) instead of the system's.
        package var authorities: String?
        /// Path of our certificate with its chain (PEM).
        package var certificate: String?
        /// Path of its key (PEM), where it is not in the same file.
        package var key: String?
        package var keyPassword: Secret?

        package init(authorities: String? = nil, certificate: String? = nil, key: String? = nil) {
            self.authorities = authorities
            self.certificate = certificate
            self.key = key
        }
    }

    package struct Proxy: Sendable {
        /// `http` or `https`; addresses are then resolved, and cannot be checked, behind it.
        package var url: TransferURL
        package var credentials: TransferRequest.Credentials?

        package init(url: TransferURL, credentials: TransferRequest.Credentials? = nil) {
            self.url = url
            self.credentials = credentials
        }
    }

    /// Transfers at once; each has a connection of its own.
    package var connections = 32
    /// Of these to one scheme, host and port.
    package var connectionsPerHost = 32
    package var limits = TransferLimits()
    /// A connection of TLS that was idle for longer is not used again; whole seconds, at least one.
    ///
    /// Below what servers keep them for (Apache 5 s, nginx 75 s): libcurl takes one that the server has ended for one that lives.
    package var idleTLS: Duration = .seconds(4)
    /// How long a body waits for `100 Continue`.
    package var continueWait: Duration = .seconds(1)
    /// A response's header block, trailers and interim answers included.
    package var headerBytes = 256 << 10
    /// What is held of a body in either direction, besides the chunk on its way to or from the caller.
    package var bufferBytes = 256 << 10
    package var schemes = ["http", "https"]
    package var tls = TLS()
    package var proxy: Proxy?
    /// Asked for every address before a socket is made for it; `false` refuses it.
    ///
    /// Runs on the loop's thread and must return at once.
    package var allowsAddress: @Sendable (_ address: TransferAddress, _ host: String) -> Bool = { _, _ in true }
    package var userAgent = "stowage"

    package init() {}
}
