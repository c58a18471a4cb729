internal import COpenSSL

/// The message authentication code of RFC 2104 with SHA-256.
package enum HMACSHA256 {
    /// What only somebody with `key`, of any length, can say about `bytes`.
    package static func authenticate(_ bytes: [UInt8], key: [UInt8]) -> SHA256Digest {
        SHA256Digest(
            trusted: [UInt8](unsafeUninitializedCapacity: SHA256Digest.byteCount) { buffer, count in
                // A key without bytes may have no address, which would mean the key of the call before.
                let code = (key.isEmpty ? [0] : key).withUnsafeBytes { start in
                    HMAC(EVP_sha256(), start.baseAddress, Int32(key.count), bytes, bytes.count, buffer.baseAddress, nil)
                }
                precondition(code != nil, "libcrypto refused to authenticate")
                count = SHA256Digest.byteCount
            })
    }
}
