import Cryptography
import Sharing
import Storage
import StowageContract
import Transfer
import XML

/// Signs requests, sends them, and makes errors of answers that are none.
///
/// A request is sent once. It is sent again only where the store has refused to look at it for a reason that is mended:
/// our clock, or credentials that have run out.
final class S3Client: Sendable {
    let address: S3Address
    private let transfers: TransferClient
    /// Archives are read over connections of their own: whoever holds one may wait for a write to this store.
    private let reads: TransferClient
    private let signature: SignatureV4
    private let source: any S3CredentialSource
    private let now: @Sendable () -> Timestamp
    /// What the store's clock is ahead of ours, in milliseconds.
    private let skew = Guarded<Int64>(0)
    private let isSecure: Bool

    /// Whether the digest of a payload is part of its signature: in the clear anybody could exchange it.
    var signsPayloads: Bool { !isSecure }

    init(
        _ address: S3Address, region: String, transfers: TransferClient, reads: TransferClient,
        credentials source: any S3CredentialSource, isSecure: Bool, now: @escaping @Sendable () -> Timestamp
    ) {
        self.address = address
        self.transfers = transfers
        self.reads = reads
        self.signature = SignatureV4(region: region)
        self.source = source
        self.isSecure = isSecure
        self.now = now
    }

    /// The store's time, as far as we know.
    var time: Timestamp {
        Timestamp(millisecondsSinceEpoch: now().millisecondsSinceEpoch + skew.withLock { $0 })
    }

    /// The head of an answer, once its whole body has come; errors where it is one.
    @discardableResult
    func send(_ call: S3Call) async throws(StorageError) -> S3Answer {
        try await exchange(call) { (response) async throws(StorageError) in
            let bytes = try await Self.bytes(of: response, call)
            // What begins with 200 may still end as an error: a completed upload is answered before it is complete.
            if call.isChange, let failure = S3Failure(bytes), failure.isWhole {
                throw S3Errors.error(
                    status: response.head.status, failure, response.head.headers, call, at: self.time)
            }
            return S3Answer(head: response.head, bytes: bytes)
        }
    }

    /// The answer with its body still to come, over a connection for reads.
    func open(_ call: S3Call) async throws(StorageError) -> TransferResponse {
        try await exchange(call, over: reads) { (response) async throws(StorageError) in response }
    }

    /// A URL that does the same without credentials.
    func presign(
        _ key: String, _ query: [S3Query], expiresSeconds seconds: Int
    ) async throws(StorageError) -> PresignedURL {
        let credentials = try await source.credentials()
        let start = time
        let end = Timestamp(millisecondsSinceEpoch: start.millisecondsSinceEpoch + Int64(seconds) * 1000)
        if let last = credentials.expiresAt, last < end {
            throw StorageError(
                .unsupported, .permanent, "the credentials end before the URL would", context: ["until": last.text])
        }
        do throws(TransferError) {
            let url = try signature.presign(
                method: "GET", url: address.url(key, query: query), headers: [], expiresSeconds: seconds,
                with: credentials, at: start)
            return PresignedURL(url: url, expiresAt: end)
        } catch {
            throw S3Errors.error(error, S3Call("GET", key))
        }
    }

    func close() async {
        await transfers.close()
        await reads.close()
    }

    private func exchange<Value: Sendable>(
        _ call: S3Call, over client: TransferClient? = nil,
        _ take: (TransferResponse) async throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        var mended: Set<S3Errors.Mending> = []
        while true {
            let credentials = try await source.credentials()
            let assumed = skew.withLock { $0 }
            let response = try await start(call, over: client ?? transfers, with: credentials)
            if (200..<300).contains(response.head.status) { return try await take(response) }
            let bytes = try await Self.bytes(of: response, call)
            let failure = S3Failure(bytes)
            let headers = response.head.headers
            let ahead = ahead(headers, assuming: assumed)
            guard call.isReplayable,
                let mending = S3Errors.mending(response.head.status, failure, secondsAhead: ahead / 1000),
                mended.insert(mending).inserted
            else { throw S3Errors.error(status: response.head.status, failure, headers, call, at: time) }
            switch mending {
            // Set, not added to: several at once find the same.
            case .clock: skew.withLock { $0 = assumed + ahead }
            case .credentials: await source.renew(after: credentials)
            }
        }
    }

    private func start(
        _ call: S3Call, over client: TransferClient, with credentials: S3Credentials
    ) async throws(StorageError) -> TransferResponse {
        do throws(TransferError) {
            var request = TransferRequest(
                call.method, try address.url(call.key, query: call.query), headers: call.headers)
            if let worked = call.worked { request.observe = { _ in worked() } }
            let payload: S3Payload
            switch call.body {
            case .none:
                payload = .hashed(S3Part.emptySHA256)
                if call.isChange, call.method != "DELETE" { request.body = .bytes([]) }
            case .bytes(let bytes):
                payload = isSecure ? .unsigned : .hashed(SHA256Hasher.digest(of: bytes).hexadecimal)
                request.body = .bytes(bytes)
            case .part(let part):
                if let trailer = call.trailer {
                    let body = S3PartBody(part)
                    return try await client.start(
                        trailing(request, body, Int64(part.count), trailer, credentials))
                }
                payload = isSecure ? .unsigned : .hashed(part.sha256)
                request.body = part.body
            case .stream(let body, let size):
                if let trailer = call.trailer {
                    return try await client.start(trailing(request, body, size, trailer, credentials))
                }
                guard !isSecure else {
                    payload = .unsigned
                    request.body = .stream(body, size: size)
                    break
                }
                return try await client.start(streaming(request, body, size, credentials))
            }
            _ = signature.sign(&request, payload: payload, with: credentials, at: time)
            return try await client.start(request)
        } catch {
            throw S3Errors.error(error, call)
        }
    }

    /// In the clear every chunk has a signature of its own: the whole cannot be hashed before it is sent.
    private func streaming(
        _ request: TransferRequest, _ body: any TransferBody, _ size: Int64, _ credentials: S3Credentials
    ) -> TransferRequest {
        var request = request
        let signer = signature.sign(&request, payload: .streaming(size: size), with: credentials, at: time)
        let chunks = ChunkedPayload(body, size: size, signer: signer)
        request.body = .stream(chunks, size: chunks.encodedLength)
        return request
    }

    /// The header that names the algorithm of a checksum that goes with the bytes.
    static let checksumAlgorithm = "x-amz-sdk-checksum-algorithm"

    /// TLS answers for the way, the checksum behind the bytes for what the store makes of them.
    private func trailing(
        _ request: TransferRequest, _ body: any TransferBody, _ size: Int64, _ trailer: TrailingChecksum,
        _ credentials: S3Credentials
    ) -> TransferRequest {
        var request = request
        request.headers.add(Self.checksumAlgorithm, trailer.algorithm)
        let chunks = ChunkedPayload(body, size: size, trailer: trailer)
        _ = signature.sign(&request, payload: chunks.payload, with: credentials, at: time)
        request.body = .stream(chunks, size: chunks.encodedLength)
        return request
    }

    private static func bytes(of response: TransferResponse, _ call: S3Call) async throws(StorageError) -> [UInt8] {
        do throws(TransferError) {
            return try await response.bytes(atMost: S3Document.mostBytes)
        } catch {
            throw S3Errors.error(error, call)
        }
    }

    /// How many milliseconds the store is ahead of what we took for its time when we asked.
    private func ahead(_ headers: TransferHeaders, assuming skew: Int64) -> Int64 {
        let ours = now().millisecondsSinceEpoch + skew
        return headers["Date"].flatMap { HTTPDate.milliseconds($0, now: ours) }.map { $0 - ours } ?? 0
    }
}

/// An answer that was read to its end.
struct S3Answer: Sendable {
    var head: TransferHead
    var bytes: [UInt8]

    var headers: TransferHeaders { head.headers }

    /// The document that it is.
    ///
    /// - Throws: `.unavailable` where it is none: a proxy, or half an answer.
    func document() throws(StorageError) -> XMLElement {
        try S3Document.read(bytes)
    }
}
