import Cryptography

/// A part of an archive, or a small one as a whole, in memory with its digests.
struct S3Part: Sendable {
    static let emptySHA256 = SHA256Hasher.digest(of: []).hexadecimal

    /// In order, none empty.
    let chunks: [[UInt8]]
    let count: Int
    /// 16 bytes.
    let md5: [UInt8]
    /// 64 hexadecimal digits; empty where nobody asked for it.
    let sha256: String
    /// Big-endian; empty where nobody asked for it.
    let crc32c: [UInt8]

    /// As stores write the entity tag of a part, or of an object that was sent at once.
    var etag: String { Hexadecimal.encode(md5) }
}

/// A part that the store has taken, as the end of the upload names it.
struct S3SentPart: Sendable {
    var number: Int
    var count: Int
    var etag: String
    /// Whether what the store said of it proves that it has what it was sent.
    var isProved: Bool
    /// A checksum that the store computed, under the name of its element.
    var checksum: (element: String, value: String)?
    /// Whether it was there already.
    var wasThere = false
}
