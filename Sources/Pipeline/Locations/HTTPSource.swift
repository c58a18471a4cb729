import Storage
import StowageContract
import Transfer

/// A URL of `http` or `https` as a source.
struct HTTPSource: ArchiveSource {
    let location: Location
    let locations: Locations
    private let isProved: Bool
    private let limits: TransferLimits
    private let meter: TransferMeter?

    /// `limit`: the longest time without a byte.
    init(location: Location, of locations: Locations, isProved: Bool, limit: Duration, meter: TransferMeter?) {
        self.location = location
        self.locations = locations
        self.isProved = isProved
        self.limits = TransferLimits(connect: min(.seconds(30), limit), stall: limit)
        self.meter = meter
    }

    func open() async throws(StorageError) -> any ArchiveBody {
        let response = try await fetch()
        do throws(StorageError) {
            let (head, server, now) = (response.head, response.url.server, locations.now)
            guard head.status == 200 else { throw StorageError(head, at: .source, server: server, now: now) }
            let representation: HTTPRepresentation
            do throws(StorageError) {
                representation = try HTTPRepresentation(head, now: now)
            } catch {
                throw error.with("server", server)
            }
            guard representation.isFramed || isProved else {
                throw StorageError(
                    .unsupported, .permanent, "the server does not say where the archive ends: give its size or sha256",
                    at: .source, context: ["server": server])
            }
            guard representation.isSeekable else { return HTTPBody(response, size: representation.size) }
            return HTTPSeekableBody(response, representation, of: self)
        } catch {
            await response.close()
            throw error
        }
    }

    /// The head of the answer, redirects followed to wherever tasks may go.
    ///
    /// `rest`: the bytes from there on, of a representation that has not changed.
    func fetch(rest: (offset: Int64, validator: String)? = nil) async throws(StorageError) -> TransferResponse {
        var request = TransferRequest("GET", location.url, headers: location.headers)
        request.credentials = location.credentials
        request.limits = limits
        if let rest {
            request.headers.add("Range", "bytes=\(rest.offset)-")
            request.headers.add("If-Range", rest.validator)
        }
        let policy = RedirectPolicy()
        var followed = 0
        while true {
            var sent = request
            sent.headers.add("Accept-Encoding", "identity")
            let response = try await locations.start(sent, at: .source)
            let next: TransferRequest?
            do throws(TransferError) {
                next = try policy.next(after: response.head, to: request, followed: followed)
            } catch {
                await response.close()
                throw StorageError(error, at: .source, server: request.url.server)
            }
            guard let next else { return response }
            await response.close()
            try locations.policy.check(next.url, at: .source)
            meter?.worked()
            request = next
            followed += 1
        }
    }

    /// Something moved that is not the transfer itself.
    func worked() { meter?.worked() }
}
