import Cryptography
import Transfer

/// A part of an archive, or a small one as a whole, in memory with its digests.
struct S3Part: Sendable {
    /// The bytes of one, before they are hashed: that takes longer than to read them, and is done side by side.
    struct Bytes: Sendable {
        /// In order, none empty.
        private(set) var chunks: [[UInt8]] = []
        private(set) var count = 0

        mutating func add(_ chunk: [UInt8]) {
            chunks.append(chunk)
            count += chunk.count
        }
    }

    /// Which digests are wanted.
    struct Digests: Sendable {
        var md5 = false
        var sha256 = false
        var crc32c = false
    }

    static let emptySHA256 = SHA256Hasher.digest(of: []).hexadecimal

    private let bytes: Bytes
    /// 16 bytes; empty where nobody asked for it.
    let md5: [UInt8]
    /// 64 hexadecimal digits; empty where nobody asked for it.
    let sha256: String
    /// Big-endian; empty where nobody asked for it.
    let crc32c: [UInt8]

    /// `known`: the SHA-256 of these bytes, where somebody has computed it.
    init(_ bytes: Bytes, _ digests: Digests, sha256 known: String? = nil) {
        self.bytes = bytes
        var md5 = digests.md5 ? MD5Hasher() : nil
        var sha256 = digests.sha256 && known == nil ? SHA256Hasher() : nil
        var crc32c = digests.crc32c ? CRC32C() : nil
        for chunk in bytes.chunks {
            md5?.update(chunk)
            sha256?.update(chunk)
            crc32c?.update(chunk)
        }
        self.md5 = md5.take()?.finalize() ?? []
        self.sha256 = sha256.take()?.finalize().hexadecimal ?? (digests.sha256 ? known ?? "" : "")
        self.crc32c = crc32c?.bytes ?? []
    }

    /// In order, none empty.
    var chunks: [[UInt8]] { bytes.chunks }
    var count: Int { bytes.count }

    /// For a request, as often as it is sent; a stream takes a task of its own.
    var body: TransferRequest.Body {
        chunks.count == 1 ? .bytes(chunks[0]) : .stream(S3PartBody(self), size: Int64(count))
    }

    /// As stores write the entity tag of a part, or of an object that was sent at once; empty where MD5 was not wanted.
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
