internal import COpenSSL

/// Computes a SHA-256 digest that can be stopped and gone on with elsewhere.
///
/// Not `Sendable`: a hasher that is shared stands in a `Guarded`.
package struct PausableSHA256Hasher: ~Copyable {
    private var context = SHA256_CTX()

    /// A hasher that has seen nothing yet.
    package init() {
        precondition(shim_sha256_init(&context) == 1, "libcrypto has no SHA-256")
    }

    /// A hasher that has seen what `paused` had.
    package init(_ paused: PausedSHA256) {
        self.init()
        let bits = UInt64(paused.count) << 3
        context.Nl = UInt32(truncatingIfNeeded: bits)
        context.Nh = UInt32(truncatingIfNeeded: bits >> 32)
        context.num = UInt32(paused.block.count)
        withUnsafeMutableBytes(of: &context.h) { words in
            paused.words.withUnsafeBytes { words.copyMemory(from: $0) }
        }
        withUnsafeMutableBytes(of: &context.data) { $0.copyBytes(from: paused.block) }
    }

    /// How many bytes were taken.
    package var count: Int64 { Int64((UInt64(context.Nh) << 32 | UInt64(context.Nl)) >> 3) }

    /// Where it is now.
    package var paused: PausedSHA256 {
        let words = withUnsafeBytes(of: context.h) { Array($0.bindMemory(to: UInt32.self)) }
        let block = withUnsafeBytes(of: context.data) { Array($0.prefix(Int(context.num))) }
        return PausedSHA256(words: words, count: count, block: block)
    }

    /// Takes the next bytes.
    package mutating func update(_ bytes: [UInt8]) {
        let code = bytes.withUnsafeBytes { shim_sha256_update(&context, $0.baseAddress, $0.count) }
        precondition(code == 1, "libcrypto refused to hash")
    }

    /// The digest of the bytes taken so far; more may come.
    package func digestSoFar() -> SHA256Digest {
        var copy = context
        return Self.finish(&copy)
    }

    /// The digest of all bytes taken.
    package consuming func finalize() -> SHA256Digest { Self.finish(&context) }

    private static func finish(_ context: inout SHA256_CTX) -> SHA256Digest {
        SHA256Digest(
            trusted: [UInt8](unsafeUninitializedCapacity: SHA256Digest.byteCount) { buffer, count in
                let code = shim_sha256_final(buffer.baseAddress, &context)
                precondition(code == 1, "libcrypto refused to end a digest")
                count = SHA256Digest.byteCount
            })
    }
}
