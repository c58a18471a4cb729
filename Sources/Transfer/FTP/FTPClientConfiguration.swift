package import ServiceRuntime

/// One account on one FTP server.
package struct FTPClientConfiguration: Sendable {
    package enum Security: String, Sendable, CaseIterable {
        /// `AUTH TLS` before anything else is said; a server that refuses it is not talked to.
        case explicit
        /// TLS from the first byte.
        case implicit
        /// None: everything can be read and changed on the way, the password too.
        case none
    }

    package var host: String
    /// `nil`: 21, and 990 for implicit TLS.
    package var port: Int?
    /// `nil`: anonymous.
    package var user: String?
    package var password: Secret?
    package var security = Security.explicit
    package var tls = TransferConfiguration.TLS()
    /// Long for the login, which counts as connecting: servers look up the name of who comes before they greet him.
    package var limits = TransferLimits(connect: .seconds(30))
    /// At once; those that are kept count too.
    package var connections = 8
    /// What is held of a body in either direction.
    package var bufferBytes = 256 << 10
    /// The replies to one call together.
    package var replyBytes = 256 << 10
    /// Asked for every address before a socket is made for it, of control and of data connections.
    package var allowsAddress: @Sendable (_ address: TransferAddress, _ host: String) -> Bool = { _, _ in true }

    package init(host: String) {
        self.host = host
    }
}

extension FTPClientConfiguration {
    var scheme: String { security == .implicit ? "ftps" : "ftp" }

    func url(_ path: String) throws(TransferError) -> TransferURL {
        let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        // The first slash belongs to the path: without it, it would begin where the login leads to.
        let encoded = "%2F" + PercentEncoding.encode(path.utf8, keepingSlash: true)
        return try TransferURL("\(scheme)://\(name)\(port.map { ":\($0)" } ?? "")/\(encoded)")
    }

    /// For one lane: a transfer client that has one connection.
    var transfer: TransferConfiguration {
        var transfer = TransferConfiguration()
        transfer.connections = 1
        transfer.connectionsPerHost = 1
        transfer.limits = limits
        transfer.bufferBytes = bufferBytes
        transfer.schemes = [scheme]
        transfer.tls = tls
        transfer.allowsAddress = allowsAddress
        return transfer
    }
}
