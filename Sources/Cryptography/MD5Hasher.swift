internal import COpenSSL

/// Computes one MD5 digest from bytes that arrive in pieces; for protocols that ask for it, never against forgers.
///
/// Not `Sendable`: a hasher that is shared stands in a `Guarded`.
package struct MD5Hasher: ~Copyable {
    package static let byteCount = 16

    private let context: OpaquePointer

    /// A hasher that has seen nothing yet.
    package init() {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_md5(), nil) == 1 else {
            fatalError("libcrypto has no memory left or no MD5")
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

    /// The 16 bytes of the digest of all bytes taken.
    package consuming func finalize() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Self.byteCount) { buffer, count in
            let code = EVP_DigestFinal_ex(context, buffer.baseAddress, nil)
            precondition(code == 1, "libcrypto refused to end a digest")
            count = Self.byteCount
        }
    }

    /// The 16 bytes of the digest of these bytes.
    package static func digest(of bytes: [UInt8]) -> [UInt8] {
        var hasher = MD5Hasher()
        hasher.update(bytes)
        return hasher.finalize()
    }
}
