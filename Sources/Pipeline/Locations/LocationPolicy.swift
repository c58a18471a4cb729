package import ServiceRuntime

/// What tasks may reach by URL, and how.
package struct LocationPolicy: Sendable {
    package var hosts: HostAllowList
    /// By the name that a task uses.
    package var credentials: [String: LocationCredentials]
    /// Transfers at once.
    package var connections: Int

    package init(
        hosts: HostAllowList = HostAllowList(), credentials: [String: LocationCredentials] = [:], connections: Int = 32
    ) {
        self.hosts = hosts
        self.credentials = credentials
        self.connections = connections
    }
}

/// What a request carries so that its server knows us, and the only servers that may see it.
package struct LocationCredentials: Sendable {
    package var hosts: HostAllowList
    /// Whether it may be sent without TLS.
    package var allowsHTTP: Bool
    package var user: String?
    package var password: Secret?
    package var headers: [(name: String, value: Secret)]
    /// How a server of `sftp` knows us, and we it.
    package var secureShell = SecureShellIdentity()

    package init(
        hosts: HostAllowList, allowsHTTP: Bool = false, user: String? = nil, password: Secret? = nil,
        headers: [(name: String, value: Secret)] = []
    ) {
        self.hosts = hosts
        self.allowsHTTP = allowsHTTP
        self.user = user
        self.password = password
        self.headers = headers
    }
}

/// Keys of SSH: those files that we prove ourselves with, and the one that the server has to have.
package struct SecureShellIdentity: Sendable, Equatable {
    package var privateKeyFile: String?
    package var passphrase: Secret?
    package var knownHostsFile: String?
    /// In the form that OpenSSH prints: `SHA256:` and base64.
    package var hostKeyFingerprint: String?

    package init() {}
}
