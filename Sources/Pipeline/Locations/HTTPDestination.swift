import Cryptography
import Storage
import StowageContract
import Transfer

/// A URL of `http` or `https` to which an archive goes with `PUT`.
struct HTTPDestination: LocationDestination {
    /// Where fewer bytes would be sent in vain, nobody is asked first.
    private static let leastAskedBytes: Int64 = 1 << 20

    private let location: Location
    private let locations: Locations
    private let limits: TransferLimits
    private let meter: TransferMeter?

    init(location: Location, of locations: Locations, limit: Duration, meter: TransferMeter?) {
        self.location = location
        self.locations = locations
        self.limits = TransferLimits(connect: min(.seconds(30), limit), stall: limit)
        self.meter = meter
    }

    /// The last bytes are sent only once `body` has come to its end.
    func put(_ body: any ArchiveBody, size: Int64, hashes: Bool) async throws(StorageError) -> SHA256Digest? {
        let held = HeldBackBody(body, hashes: hashes)
        var request = TransferRequest("PUT", location.url, headers: location.headers, body: .stream(held, size: size))
        request.credentials = location.credentials
        request.limits = limits
        request.expectsContinue = size >= Self.leastAskedBytes
        request.observe = { [meter] _ in meter?.worked() }
        let response: TransferResponse
        do throws(StorageError) {
            response = try await locations.start(request, at: .destination)
        } catch {
            var error = error
            // Without its last bytes nothing of it counts.
            if error.place == .destination { error.isAmbiguous = error.isAmbiguous && held.isOver }
            throw error
        }
        // What it says besides is for nobody.
        await response.close()
        let head = response.head
        guard (200..<300).contains(head.status) else {
            var error = StorageError(head, at: .destination, server: location.url.server, now: locations.now)
            error.isAmbiguous = held.isOver && (head.status >= 500 || head.status == 408)
            throw error
        }
        return held.digest
    }
}
