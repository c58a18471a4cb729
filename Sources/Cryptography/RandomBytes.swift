internal import COpenSSL

/// Bytes that nobody can foresee.
package enum RandomBytes {
    /// `count` bytes.
    package static func make(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            let code = RAND_bytes(buffer.baseAddress, Int32(count))
            precondition(code == 1, "libcrypto has no randomness")
            initialized = count
        }
    }

    /// `count` bytes, written as twice as many lower-case hexadecimal digits.
    package static func hexadecimal(_ count: Int) -> String {
        Hexadecimal.encode(make(count))
    }
}
