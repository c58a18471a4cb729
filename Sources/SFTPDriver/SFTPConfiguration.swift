package import ServiceRuntime
import StrictCoding

/// The keys of `type: sftp`.
package struct SFTPConfiguration: Decodable, Sendable {
    package var host: String
    package var user: String
    package var port: UInt16 = 22
    package var password: Secret?
    /// A private key (ed25519, ecdsa, rsa) in a form that OpenSSH writes.
    package var privateKeyFile: String?
    /// What the private key is encrypted with.
    package var passphrase: Secret?
    /// A file in the form of `~/.ssh/known_hosts`.
    package var knownHostsFile: String?
    /// `SHA256:` and 43 characters of Base64, as `ssh-keygen -l` prints it.
    package var hostKeyFingerprint: String?
    /// The folder below which everything lies, from the server's root as the user sees it.
    package var path = "/"

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case host, user, port, password, privateKeyFile, passphrase, knownHostsFile, hostKeyFingerprint, path
    }

    package init(host: String, port: UInt16 = 22, user: String) {
        self.host = host
        self.port = port
        self.user = user
    }

    package init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            host: try keys.decode(String.self, forKey: .host), user: try keys.decode(String.self, forKey: .user))
        guard Self.isHost(host) else { throw Self.problem(.host, "must be a name or an address") }
        guard !user.isEmpty, Self.isPlain(user) else {
            throw Self.problem(.user, "must be a name without control characters")
        }
        port = try keys.decodeIfPresent(UInt16.self, forKey: .port) ?? port
        guard port > 0 else { throw Self.problem(.port, "must be between 1 and 65535") }
        password = try keys.decodeIfPresent(Secret.self, forKey: .password)
        privateKeyFile = try keys.decodeIfPresent(String.self, forKey: .privateKeyFile)
        passphrase = try keys.decodeIfPresent(Secret.self, forKey: .passphrase)
        if passphrase != nil, privateKeyFile == nil {
            throw Self.problem(.passphrase, "belongs to privateKeyFile")
        }
        knownHostsFile = try keys.decodeIfPresent(String.self, forKey: .knownHostsFile)
        if let text = try keys.decodeIfPresent(String.self, forKey: .hostKeyFingerprint) {
            guard let fingerprint = HostKeyFingerprint(text) else {
                throw Self.problem(
                    .hostKeyFingerprint, "must be SHA256: and 43 characters of Base64, as ssh-keygen -l prints it")
            }
            hostKeyFingerprint = fingerprint.text
        }
        path = try keys.decodeIfPresent(String.self, forKey: .path) ?? path
        guard SFTPPath(root: path) != nil else {
            throw Self.problem(.path, "must be a path without control characters, '.' and '..'")
        }
    }

    /// What libssh does not take for anything but a host: it looks for a user before an `@`, and for ports nowhere.
    private static func isHost(_ text: String) -> Bool {
        let allowed = { (byte: UInt8) in byte > 0x20 && byte < 0x7F && !"@/\"'\\,[]*?!#".utf8.contains(byte) }
        return !text.isEmpty && text.utf8.count <= 255 && text.utf8.allSatisfy(allowed) && text.utf8.first != 0x2D
    }

    private static func isPlain(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
    }

    private static func problem(_ key: CodingKeys, _ message: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: [key], debugDescription: key.rawValue + " " + message))
    }
}
