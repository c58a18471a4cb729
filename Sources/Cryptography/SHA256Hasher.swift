internal import COpenSSL

/// Computes one SHA-256 digest from bytes that arrive in pieces.
///
/// Not `Sendable`: a hasher that is shared stands in a `Guarded`.
package struct SHA256Hasher: ~Copyable {
    private let context: OpaquePointer

    /// A hasher that has seen nothing yet.
    package init() {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            fatalError("libcrypto has no memory left or no SHA-256")
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Takes the next bytes.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress, bytes.count > 0 else { return }
        let code = EVP_DigestUpdate(context, start, bytes.count)
        precondition(code == 1, "libcrypto refused to hash")
    }

    /// Takes the next bytes.
    package mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// The digest of the bytes taken so far; more may come.
    package func digestSoFar() -> SHA256Digest {
        let copy = SHA256Hasher()
        precondition(EVP_MD_CTX_copy_ex(copy.context, context) == 1, "libcrypto has no memory left")
        return copy.finalize()
    }

    /// The digest of all bytes taken.
    package consuming func finalize() -> SHA256Digest {
        SHA256Digest(
            trusted: [UInt8](unsafeUninitializedCapacity: SHA256Digest.byteCount) { buffer, count in
                let code = EVP_DigestFinal_ex(context, buffer.baseAddress, nil)
                precondition(code == 1, "libcrypto refused to end a digest")
                count = SHA256Digest.byteCount
            })
    }

    /// The digest of these bytes.
    package static func digest(of bytes: [UInt8]) -> SHA256Digest {
        var hasher = SHA256Hasher()
        hasher.update(bytes)
        return hasher.finalize()
    }
}
