import CLibSSH
import ServiceRuntime
import Sharing
import Storage

/// A private key, decrypted once: the derivation from a passphrase is slow on purpose.
final class SSHPrivateKey: Sendable {
    /// The key where it lies.
    private struct Owner: ~Copyable {
        let key: ssh_key

        deinit { ssh_key_free(key) }
    }

    private let owner: Guarded<Owner>

    /// Reads a file; blocks.
    init(file: String, passphrase: Secret?) throws(StorageError) {
        let bytes: [UInt8]
        do throws(SmallFile.Failure) {
            bytes = try SmallFile.bytes(of: file, limit: 1 << 20)
        } catch {
            throw SFTPErrors.unusable("the private key's file \(error.message)", key: "privateKeyFile")
        }
        var key: ssh_key?
        let code = String(decoding: bytes, as: UTF8.self).withCString { text in
            ssh_pki_import_privkey_base64(text, passphrase?.exposed, nil, nil, &key)
        }
        guard code == SSH_OK, let key else {
            throw SFTPErrors.unusable(
                passphrase == nil
                    ? "the private key cannot be read: it needs a passphrase, or is none that libssh knows"
                    : "the private key cannot be read: the passphrase is wrong, or it is none that libssh knows",
                key: passphrase == nil ? "privateKeyFile" : "passphrase")
        }
        owner = Guarded(Owner(key: key))
    }

    /// Calls `body` with a copy of the key, which no other thread uses.
    func withCopy(_ body: (ssh_key) -> Int32) -> Int32 {
        guard let copy = copy() else { return Int32(SSH_AUTH_ERROR.rawValue) }
        defer { ssh_key_free(copy.key) }
        return body(copy.key)
    }

    private struct Copy {
        let key: ssh_key
    }

    private func copy() -> sending Copy? {
        owner.withLock { owner in ssh_key_dup(owner.key).map { Copy(key: $0) } }
    }
}
