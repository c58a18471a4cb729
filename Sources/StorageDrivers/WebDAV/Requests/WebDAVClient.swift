import ServiceRuntime
import Storage
import StowageContract
import Transfer

/// Sends requests to one server and says who asks.
///
/// A request is sent once, and again only where the server has refused to look at it until it knew who asks, where a
/// folder was called without its final slash, or where a kept connection broke while it was sent and that can do no harm:
/// libcurl does the last only for requests without a body.
final class WebDAVClient: Sendable {
    /// The most bytes of a document that comes back: some hundred thousand names.
    static let mostBytes = 64 << 20
    /// The most bytes of the words of an error, which nobody reads.
    private static let mostErrorBytes = 64 << 10

    let address: WebDAVAddress
    private let authenticator: WebDAVAuthenticator
    private let transfers: TransferClient
    /// Archives are read over connections of their own: whoever holds one may wait for a write to this server.
    private let reads: TransferClient
    /// Asked beside as many calls as there may be.
    private let probes: TransferClient
    let now: @Sendable () -> Timestamp
    /// As often as one request may meet a kept connection that the server has just closed: as many as there are, and WsgiDAV closes
    /// all but ten of what its clients keep.
    private let mostBroken: Int

    /// Over which connections a request goes.
    enum Lane {
        case transfers, reads, probes
    }

    init(
        _ configuration: WebDAVConfiguration, connections: Int, stall: Duration,
        now: @escaping @Sendable () -> Timestamp
    ) throws(StorageError) {
        do {
            address = try WebDAVAddress(configuration.url)
            authenticator = WebDAVAuthenticator(configuration, isSecure: address.isSecure)
            self.now = now
            var transfer = TransferConfiguration()
            transfer.tls.authorities = configuration.ca
            transfer.limits.stall = stall
            transfer.connections = max(1, connections)
            transfer.connectionsPerHost = transfer.connections
            mostBroken = min(transfer.connections, 8)
            transfers = try TransferClient(transfer)
            reads = try TransferClient(transfer)
            transfer.connections = 1
            transfer.connectionsPerHost = 1
            probes = try TransferClient(transfer)
        } catch {
            throw StorageError(
                .unavailable, .permanent, "the configuration of the driver cannot be used",
                context: ["problem": "\(error)"])
        }
    }

    func close() async {
        await transfers.close()
        await reads.close()
        await probes.close()
    }

    /// An answer of any status, once its whole body has come.
    func send(_ call: WebDAVCall, over lane: Lane = .transfers) async throws(StorageError) -> WebDAVAnswer {
        let response = try await open(call, over: lane)
        let isSuccess = (200..<300) ~= response.head.status
        do throws(TransferError) {
            let bytes = try await response.bytes(atMost: isSuccess ? Self.mostBytes : Self.mostErrorBytes)
            return WebDAVAnswer(head: response.head, bytes: bytes, isRepeat: response.isRepeat)
        } catch {
            // The status has said it.
            if !isSuccess, error.kind != .cancelled {
                return WebDAVAnswer(head: response.head, bytes: [], isRepeat: response.isRepeat)
            }
            throw WebDAVErrors.error(error, call)
        }
    }

    /// An answer of any status, with its body still to come.
    func open(_ call: WebDAVCall, over lane: Lane) async throws(StorageError) -> TransferResponse {
        var call = call
        var hasLearned = false
        var isRedirected = false
        var broken = 0
        while true {
            let response: TransferResponse
            let generation: Int
            do throws(TransferError) {
                (response, generation) = try await start(call, over: lane)
            } catch {
                guard error.kind == .peerClosed, broken < mostBroken, call.isRepeatable, call.rewind() else {
                    throw WebDAVErrors.error(error, call)
                }
                broken += 1
                continue
            }
            switch response.head.status {
            case 401:
                let challenges = AuthenticationChallenge.parse(response.head.headers.values(of: "WWW-Authenticate"))
                guard authenticator.learn(challenges, after: generation, isLast: hasLearned) else { return response }
                // Else its connection could not be used again.
                _ = try? await response.bytes(atMost: Self.mostErrorBytes)
                guard call.rewind() else {
                    throw StorageError(
                        .unavailable, .transient(after: nil), "the server wants to know anew who asks, and took bytes")
                }
                hasLearned = true
            case 301, 302, 307, 308:
                guard !isRedirected, !call.target.hasSuffix("/"), call.method == "PROPFIND",
                    leadsToFolder(response.head, call)
                else { return response }
                _ = try? await response.bytes(atMost: Self.mostErrorBytes)
                call.target += "/"
                isRedirected = true
            default: return response
            }
        }
    }

    /// Whether a redirect only adds the slash at the end of a folder.
    private func leadsToFolder(_ head: TransferHead, _ call: WebDAVCall) -> Bool {
        guard let location = head.headers["Location"], let asked = try? address.url(call.target),
            let url = try? TransferURL(location, relativeTo: asked)
        else { return false }
        return url.hasSameOrigin(as: asked) && url.query == nil
            && WebDAVHref(url.path, relativeTo: "/").segments == WebDAVHref(call.target, relativeTo: "/").segments
            && url.path.hasSuffix("/")
    }

    private func start(
        _ call: WebDAVCall, over lane: Lane
    ) async throws(TransferError) -> (TransferResponse, generation: Int) {
        var request = TransferRequest(call.method, try address.url(call.target), headers: call.headers)
        switch call.body {
        case .none: break
        case .bytes(let bytes): request.body = .bytes(bytes)
        case .stream(let body, let size):
            request.body = .stream(body, size: size)
            request.expectsContinue = true
        }
        let generation = authenticator.authorize(&request)
        let client =
            switch lane {
            case .transfers: transfers
            case .reads: reads
            case .probes: probes
            }
        return (try await client.start(request), generation)
    }
}

/// An answer that was read to its end.
struct WebDAVAnswer: Sendable {
    var head: TransferHead
    var bytes: [UInt8]
    /// Whether the server may have seen the request before, over a connection that then broke.
    var isRepeat: Bool

    var status: Int { head.status }
}

extension WebDAVCall {
    /// Whether its body can go once more.
    fileprivate func rewind() -> Bool {
        if case .stream(let body, _) = body { body.rewind() } else { true }
    }
}
