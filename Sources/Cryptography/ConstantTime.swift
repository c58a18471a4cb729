internal import COpenSSL

/// Comparisons that take as long for a near miss as for a far one.
package enum ConstantTime {
    /// Whether the bytes are the same; only their number shows in the time it takes.
    package static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return left.withUnsafeBytes { left in
            right.withUnsafeBytes { right in CRYPTO_memcmp(left.baseAddress, right.baseAddress, left.count) == 0 }
        }
    }
}
