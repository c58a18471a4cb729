package import ServiceRuntime
import Sharing
package import Storage
package import StowageContract
import Transfer

/// What tasks name by URL: sources to fetch from, destinations to send to.
///
/// All transfers of a process go through one client that shares no connection with any driver: a connection is made only
/// to an address that the policy allows, whatever its name was resolved to.
package final class Locations: Sendable {
    private enum Client {
        case none
        case made(TransferClient)
        case closed
    }

    let policy: LocationPolicy
    let fileServers: [FileServerConnector]
    private let time: TimeSource
    private let client = Guarded(Client.none)

    /// Without a policy nothing may be reached.
    package init(
        _ policy: LocationPolicy = LocationPolicy(), fileServers: [FileServerConnector] = [],
        time: TimeSource = .system
    ) {
        self.policy = policy
        self.fileServers = fileServers
        self.time = time
    }

    var now: Timestamp { time.now }

    /// Where the archive of a `store` comes from; nothing is asked before it is opened.
    ///
    /// `isProved`: the task says what its bytes or their number are.
    package func source(
        _ url: TaskURL, isProved: Bool, limit: Duration, meter: TransferMeter?
    ) throws(StorageError) -> any ArchiveSource {
        let location = try policy.location(of: url, at: .source)
        // One line for each protocol.
        switch location.url.scheme {
        case "http", "https":
            return HTTPSource(location: location, of: self, isProved: isProved, limit: limit, meter: meter)
        case _ where speaks(location):
            return FileServerSource(location: location, locations: self, limit: limit, meter: meter)
        default: throw Self.unspoken
        }
    }

    /// Where the archive of a `retrieve` goes.
    func destination(
        _ url: TaskURL, limit: Duration, meter: TransferMeter?
    ) throws(StorageError) -> any LocationDestination {
        let location = try policy.location(of: url, at: .destination)
        switch location.url.scheme {
        case "http", "https": return HTTPDestination(location: location, of: self, limit: limit, meter: meter)
        case _ where speaks(location): return FileServerDestination(location: location, locations: self, limit: limit)
        default: throw Self.unspoken
        }
    }

    private func speaks(_ location: Location) -> Bool {
        fileServers.contains { $0.schemes.contains(location.url.scheme) }
    }

    /// Ends what still runs; nothing can be opened afterwards.
    package func close() async {
        let client = client.withLock { client in
            defer { client = .closed }
            return client
        }
        if case .made(let client) = client { await client.close() }
    }

    /// Sends a request.
    ///
    /// - Throws: errors at `place`; what the body of the request threw stays where it was.
    func start(_ request: TransferRequest, at place: ErrorPlace) async throws(StorageError) -> TransferResponse {
        do throws(TransferError) {
            return try await openClient().start(request)
        } catch {
            throw StorageError(error, at: place, server: request.url.server)
        }
    }

    private func openClient() throws(TransferError) -> TransferClient {
        let made = client.withLock { client -> Result<TransferClient, TransferError> in
            switch client {
            case .made(let made): return .success(made)
            case .closed: return .failure(TransferError(.closed, "the transfer client was closed"))
            case .none:
                let made = Result { () throws(TransferError) in try TransferClient(configuration) }
                if case .success(let new) = made { client = .made(new) }
                return made
            }
        }
        return try made.get()
    }

    private var configuration: TransferConfiguration {
        var configuration = TransferConfiguration()
        configuration.connections = policy.connections
        configuration.connectionsPerHost = policy.connections
        let hosts = policy.hosts
        configuration.allowsAddress = { address, _ in
            hosts.allowsConnection(to: address.bytes, port: address.port)
        }
        return configuration
    }

    static let unspoken = StorageError(
        .unsupported, .permanent, "this version does not speak the URL's protocol", at: .task)
}
