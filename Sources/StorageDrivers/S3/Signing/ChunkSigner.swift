import Cryptography

/// Signs the chunks of a body, each with the one before it, the first with its request.
struct ChunkSigner: Sendable {
    let scope: SigningScope
    private let key: SigningKey
    /// Of the request, then of the last chunk.
    private(set) var previous: String

    init(scope: SigningScope, key: SigningKey, seed: String) {
        self.scope = scope
        self.key = key
        self.previous = seed
    }

    /// The signature of the next chunk: 64 hexadecimal digits; the last chunk has no bytes.
    mutating func sign(_ chunk: [UInt8]) -> String {
        chunk.withUnsafeBytes { sign($0) }
    }

    mutating func sign(_ chunk: UnsafeRawBufferPointer) -> String {
        var hasher = SHA256Hasher()
        hasher.update(chunk)
        let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        let text = [
            "AWS4-HMAC-SHA256-PAYLOAD", scope.moment, scope.text, previous, nothing, hasher.finalize().hexadecimal,
        ].joined(separator: "\n")
        previous = key.signature(of: text)
        return previous
    }
}
