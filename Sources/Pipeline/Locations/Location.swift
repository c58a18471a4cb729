import ServiceRuntime
import Storage
import StowageContract
import Transfer

/// A URL that tasks may reach, with what is sent along.
struct Location: Sendable {
    let url: TransferURL
    var headers = TransferHeaders()
    var credentials: TransferRequest.Credentials?
    /// All that the configuration knows us by there.
    var known: LocationCredentials?

    /// Whether its server is spoken to by HTTP.
    var isHTTP: Bool { url.scheme == "http" || url.scheme == "https" }
}

extension LocationPolicy {
    /// The URL of a task, where it may be asked for what is `at` that place.
    ///
    /// - Throws: `.invalidTask` where it is none or names credentials that there are not; `.unsupported` for a protocol
    ///   that is not spoken; `.permissionDenied` where the configuration forbids it.
    func location(of wanted: TaskURL, at place: ErrorPlace) throws(StorageError) -> Location {
        let url: TransferURL
        do throws(TransferError) {
            url = try TransferURL(wanted.url)
        } catch {
            throw StorageError(.invalidTask, .permanent, error.message, at: .task)
        }
        try check(url, at: place)
        var location = Location(url: url)
        guard location.isHTTP || wanted.headers.isEmpty else {
            throw StorageError(.invalidTask, .permanent, "the protocol of the URL has no headers", at: .task)
        }
        for (name, value) in wanted.headers.sorted(by: { $0.key < $1.key }) {
            guard !TaskURL.isReserved(header: name) else {
                throw StorageError(.invalidTask, .permanent, "a header is set by the worker alone", at: .task)
            }
            location.headers.add(name, value)
        }
        if let name = wanted.credentials { try prove(&location, by: name, at: place) }
        return location
    }

    /// Throws where the configuration does not allow the host.
    func check(_ url: TransferURL, at place: ErrorPlace) throws(StorageError) {
        guard hosts.allows(host: url.host, port: url.port) else {
            throw StorageError(
                .permissionDenied, .permanent, "sources.allow does not list the host", at: place,
                context: ["server": url.server])
        }
    }

    private func prove(_ location: inout Location, by name: String, at place: ErrorPlace) throws(StorageError) {
        guard let known = credentials[name] else {
            throw StorageError(.invalidTask, .permanent, "the task names credentials that there are not", at: .task)
        }
        let url = location.url
        guard known.hosts.allows(host: url.host, port: url.port) else {
            throw StorageError(
                .permissionDenied, .permanent, "the credentials are not for that host", at: place,
                context: ["server": url.server])
        }
        guard url.scheme != "http" || known.allowsHTTP else {
            throw StorageError(
                .permissionDenied, .permanent, "the credentials are not to be sent without TLS", at: place,
                context: ["server": url.server])
        }
        location.known = known
        guard location.isHTTP else {
            guard known.user != nil else {
                throw StorageError(
                    .permissionDenied, .permanent, "the credentials have no user for the URL's protocol", at: place,
                    context: ["server": url.server])
            }
            return
        }
        for header in known.headers { location.headers.add(header.name, header.value.exposed) }
        if let user = known.user { location.credentials = .init(user: user, password: known.password ?? .init("")) }
    }
}

extension TransferURL {
    /// Scheme, host and port: all that is said of a task's URL.
    var server: String {
        let host = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        return "\(scheme)://\(host):\(port)"
    }
}
