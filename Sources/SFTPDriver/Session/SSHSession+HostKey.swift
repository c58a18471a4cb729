import CLibSSH
import Glibc
import Storage

extension SSHSession {
    /// Refuses a server whose key is not the configured one, before anything is said that is not for everybody.
    func checkHostKey(_ configuration: SFTPConfiguration) throws(StorageError) {
        let shown = try shownKey()
        if let wanted = configuration.hostKeyFingerprint {
            guard wanted == shown.fingerprint else {
                throw SFTPErrors.untrusted(SFTPErrors.otherFingerprint, shown)
            }
        }
        if let file = configuration.knownHostsFile {
            // libssh takes a file that is not there for an empty one.
            guard access(file, R_OK) == 0 else {
                throw SFTPErrors.untrusted("the file of knownHostsFile cannot be read", shown)
            }
            switch ssh_session_is_known_server(handle) {
            case SSH_KNOWN_HOSTS_OK: break
            case SSH_KNOWN_HOSTS_CHANGED, SSH_KNOWN_HOSTS_OTHER:
                throw SFTPErrors.untrusted("the server's key is not the one in knownHostsFile", shown)
            case SSH_KNOWN_HOSTS_UNKNOWN, SSH_KNOWN_HOSTS_NOT_FOUND:
                throw SFTPErrors.untrusted("the server does not stand in knownHostsFile", shown)
            default:
                throw SFTPErrors.untrusted("the file of knownHostsFile cannot be understood", shown)
            }
        } else if configuration.hostKeyFingerprint == nil {
            throw SFTPErrors.untrusted(
                "nothing says which key the server has: set knownHostsFile or hostKeyFingerprint", shown)
        }
    }

    /// The key that the server has proved to have.
    private func shownKey() throws(StorageError) -> ShownHostKey {
        var key: ssh_key?
        guard ssh_get_server_publickey(handle, &key) == SSH_OK, let key else {
            throw failure("the server showed no key")
        }
        defer { ssh_key_free(key) }
        var hash: UnsafeMutablePointer<UInt8>?
        var count = 0
        guard ssh_get_publickey_hash(key, SSH_PUBLICKEY_HASH_SHA256, &hash, &count) == 0, hash != nil else {
            throw failure("the server's key has no digest")
        }
        defer { ssh_clean_pubkey_hash(&hash) }
        guard let text = ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash, count) else {
            throw failure("the server's key has no fingerprint")
        }
        defer { ssh_string_free_char(text) }
        let type = ssh_key_type_to_char(ssh_key_type(key)).map { String(cString: $0) } ?? "unknown"
        return ShownHostKey(type: type, fingerprint: String(cString: text))
    }
}

/// The key of a server as an error tells of it.
struct ShownHostKey: Sendable, Equatable {
    /// `ssh-ed25519` and the like.
    var type: String
    /// With `SHA256:` in front.
    var fingerprint: String
}
