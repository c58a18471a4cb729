import Cryptography
import Transfer

/// What a signature says of the body.
enum S3Payload: Sendable, Equatable {
    /// Its SHA-256, as 64 lower-case hexadecimal digits.
    case hashed(String)
    /// Nothing: TLS has to do.
    case unsigned
    /// It comes in chunks, each with a signature (`ChunkedPayload`). `size`: without what the chunks add.
    case streaming(size: Int64)
    /// It comes in chunks without signatures, and behind them the header field `trailer` (`ChunkedPayload`).
    case unsignedTrailer(size: Int64, trailer: String)

    /// No body.
    static let empty = S3Payload.of([])

    /// These bytes.
    static func of(_ bytes: [UInt8]) -> S3Payload { .hashed(SHA256Hasher.digest(of: bytes).hexadecimal) }

    /// The value of `X-Amz-Content-Sha256`.
    var text: String {
        switch self {
        case .hashed(let digest): digest
        case .unsigned: "UNSIGNED-PAYLOAD"
        case .streaming: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
        case .unsignedTrailer: "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
        }
    }

    /// The fields that tell the server how the body is framed; none where it goes as it is.
    var headers: [(String, String)] {
        switch self {
        case .hashed, .unsigned: []
        case .streaming(let size):
            [("Content-Encoding", "aws-chunked"), ("X-Amz-Decoded-Content-Length", "\(size)")]
        case .unsignedTrailer(let size, let trailer):
            [
                ("Content-Encoding", "aws-chunked"), ("X-Amz-Decoded-Content-Length", "\(size)"),
                ("X-Amz-Trailer", trailer),
            ]
        }
    }
}
