import Cryptography
import Sharing
import StowageContract
import Testing
import Transfer

@testable import StorageDrivers

/// Bytes in pieces of given sizes, the last size for all that follow.
private final class PiecesBody: TransferBody {
    private let rest: Guarded<ArraySlice<UInt8>>
    private let sizes: Guarded<[Int]>

    init(_ bytes: [UInt8], _ sizes: [Int]) {
        rest = Guarded(bytes[...])
        self.sizes = Guarded(sizes)
    }

    func next() async throws -> [UInt8]? {
        let size = sizes.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
        return rest.withLock { rest in
            guard !rest.isEmpty else { return nil }
            let piece = Array(rest.prefix(size))
            rest = rest.dropFirst(size)
            return piece
        }
    }
}

extension ChunkedPayload {
    fileprivate func all() async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let frame = try await next() { bytes += frame }
        #expect(try await next() == nil)
        return bytes
    }
}

@Suite("Bodies in signed chunks")
struct ChunkedPayloadTests {
    /// The example of the S3 API reference, "Signature Calculations … Multiple Chunks"; it signs the length too.
    private func exampleSigner() -> ChunkSigner {
        let scope = SigningScope(at: SignatureV4Tests.time, region: "us-east-1", service: "s3")
        let payload = S3Payload.streaming(size: 66_560)
        let request = CanonicalRequest(
            method: "PUT", path: "/examplebucket/chunkObject.txt", query: CanonicalQuery(),
            headers: [
                ("Host", "s3.amazonaws.com"), ("X-Amz-Date", scope.moment), ("Content-Length", "66824"),
                ("X-Amz-Storage-Class", "REDUCED_REDUNDANCY"), ("X-Amz-Content-Sha256", payload.text),
            ] + payload.headers, payload: payload.text)
        let key = scope.key(of: SignatureV4Tests.credentials)
        return ChunkSigner(scope: scope, key: key, seed: key.signature(of: scope.stringToSign(request)))
    }

    @Test(
        "the published example, however the bytes come",
        arguments: [[66_560], [1], [65_536, 1_024], [1_000], [70_000]])
    func published(sizes: [Int]) async throws {
        let signer = exampleSigner()
        #expect(signer.previous == "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9")
        let content = [UInt8](repeating: UInt8(ascii: "a"), count: 66_560)
        let payload = ChunkedPayload(
            PiecesBody(content, sizes), size: 66_560, signer: signer, chunkBytes: 65_536)
        let expected =
            Array(
                "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n".utf8)
            + content.prefix(65_536)
            + Array(
                "\r\n400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n".utf8)
            + content.prefix(1_024)
            + Array(
                "\r\n0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n".utf8)
        #expect(payload.encodedLength == 66_824)
        #expect(try await payload.all() == expected)
    }

    @Test("chunks without signatures end with their checksum")
    func trailer() async throws {
        let payload = ChunkedPayload(
            PiecesBody(Array("123456789".utf8), [2]), size: 9, trailer: .crc32c, chunkBytes: 4)
        let expected = "4\r\n1234\r\n4\r\n5678\r\n1\r\n9\r\n0\r\nx-amz-checksum-crc32c:4waSgw==\r\n\r\n"
        #expect(String(decoding: try await payload.all(), as: UTF8.self) == expected)
        #expect(payload.encodedLength == Int64(expected.utf8.count))
        #expect(payload.payload == .unsignedTrailer(size: 9, trailer: "x-amz-checksum-crc32c"))
        let digest = ChunkedPayload(PiecesBody(Array("hello world".utf8), [3]), size: 11, trailer: .sha256)
        let withDigest =
            "b\r\nhello world\r\n0\r\nx-amz-checksum-sha256:uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=\r\n\r\n"
        #expect(String(decoding: try await digest.all(), as: UTF8.self) == withDigest)
    }

    @Test(
        "the length is known before the first byte",
        arguments: [0, 1, 15, 16, 17, 8_191, 8_192, 8_193, 16_384, 50_000], ["signed", "crc32c", "sha256"])
    func length(size: Int, kind: String) async throws {
        let content = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
        let body = PiecesBody(content, [777])
        let payload =
            if let trailer = TrailingChecksum(rawValue: kind) {
                ChunkedPayload(body, size: Int64(size), trailer: trailer, chunkBytes: 8_192)
            } else {
                ChunkedPayload(body, size: Int64(size), signer: exampleSigner(), chunkBytes: 8_192)
            }
        #expect(Int64(try await payload.all().count) == payload.encodedLength)
    }

    @Test("a body of another size than was said fails", arguments: [9, 11])
    func wrongSize(size: Int) async throws {
        let payload = ChunkedPayload(
            PiecesBody([UInt8](repeating: 1, count: size), [4]), size: 10, trailer: .crc32c, chunkBytes: 4)
        await #expect { try await payload.all() } throws: { ($0 as? TransferError)?.kind == .requestBody }
    }
}
