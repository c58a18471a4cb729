import Sharing
import Transfer

/// A body in the frames of `aws-chunked`: each chunk signed, or none and a checksum behind the last.
///
/// All chunks but the last have the same size, however the bytes come. For one transfer: it goes on where it was.
final class ChunkedPayload: TransferBody {
    /// Bytes of a chunk unless told; the store refuses less than 8 KiB in any but the last.
    static let chunkBytes = 128 << 10

    /// What the request is signed with.
    let payload: S3Payload
    /// Of what goes over the wire: the size of the request's body.
    let encodedLength: Int64
    private let body: any TransferBody
    private let size: Int64
    private let framing: Guarded<ChunkedFraming>

    /// Chunks that are signed; `signer` comes from signing the request with `.streaming(size: size)`.
    ///
    /// `size`: exactly so many bytes come from `body`.
    init(_ body: any TransferBody, size: Int64, signer: ChunkSigner, chunkBytes: Int = ChunkedPayload.chunkBytes) {
        self.body = body
        self.size = size
        self.payload = .streaming(size: size)
        self.encodedLength = ChunkedFraming.encodedLength(
            of: size, chunkBytes: chunkBytes, isSigned: true, trailer: nil)
        self.framing = Guarded(ChunkedFraming(chunkBytes: chunkBytes, signer: signer))
    }

    /// Chunks that are not signed, and a checksum behind them; the request is signed with `payload`.
    ///
    /// `size`: exactly so many bytes come from `body`.
    init(
        _ body: any TransferBody, size: Int64, trailer: TrailingChecksum, chunkBytes: Int = ChunkedPayload.chunkBytes
    ) {
        self.body = body
        self.size = size
        self.payload = .unsignedTrailer(size: size, trailer: trailer.trailer)
        self.encodedLength = ChunkedFraming.encodedLength(
            of: size, chunkBytes: chunkBytes, isSigned: false, trailer: trailer)
        self.framing = Guarded(ChunkedFraming(chunkBytes: chunkBytes, trailer: trailer))
    }

    /// The fields that say how it is framed; signing the request sets them.
    var headers: [(String, String)] { payload.headers }

    /// The next chunk in its frame.
    ///
    /// - Throws: what the body throws; `TransferError.requestBody` where it has another size than was said.
    func next() async throws -> [UInt8]? {
        while true {
            if let frame = framing.withLock({ $0.next() }) { return frame }
            if framing.withLock({ $0.isOver }) { return nil }
            if let bytes = try await body.next() {
                let taken = framing.withLock { framing in
                    framing.take(bytes)
                    return framing.taken
                }
                guard taken <= size else {
                    throw TransferError(.requestBody, "the body has more bytes than was said")
                }
            } else {
                guard framing.withLock({ $0.taken }) == size else {
                    throw TransferError(.requestBody, "the body has fewer bytes than was said")
                }
                return framing.withLock { $0.end() }
            }
        }
    }
}
