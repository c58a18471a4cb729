import Glibc
import ServiceRuntime

/// Stands between a client and an HTTP/1.1 server on loopback, passes on what is said, and does to single requests what
/// a test has told it to.
///
/// Heads pass as they are, with `Host`, which a signature covers. Bodies are streamed: no more than a buffer is kept.
package final class FaultProxy: Sendable {
    /// `http://` with host and port, without a slash at the end.
    package let endpoint: String
    private let record = ProxyRecord()
    private let listener: Int32
    private let open = OpenSockets()

    /// Listens on a port of its own, in front of a server given as `http://127.0.0.1:8000`.
    package init(to upstream: String) throws {
        guard let port = upstream.split(separator: ":").last.flatMap({ UInt16($0) }) else {
            throw StartedServer.Failure(description: "no port in \(upstream)")
        }
        let (own, listener) = try LoopbackSocket.listen(attempts: 5)
        self.listener = listener
        endpoint = "http://127.0.0.1:\(own)"
        let started = SystemThread.start(name: "fault proxy") { [record, open] in
            while let descriptor = LoopbackSocket.accept(listener) {
                guard open.add(descriptor) else { break }
                let connection = ProxyConnection(
                    number: record.accept(), client: descriptor, storePort: port, record: record, open: open)
                _ = SystemThread.start(name: "proxied") { connection.run() }
            }
            close(listener)
        }
        precondition(started != nil)
    }

    deinit { stop() }

    /// Ends every connection and listens no more.
    package func stop() {
        if open.end() { shutdown(listener, Int32(SHUT_RDWR)) }
    }

    /// Does this to the next `times` requests that match, after the first `skipping` of them.
    ///
    /// A rule counts every request that it matches; of several that are due the one that was given first is used.
    package func inject(
        _ fault: Fault, skipping: Int = 0, times: Int = 1,
        when matches: @escaping @Sendable (ProxiedRequest) -> Bool
    ) {
        record.add(ProxyRecord.Rule(matches: matches, skipping: skipping, times: times, fault: fault))
    }

    /// The same to requests that are called so in S3.
    package func inject(_ fault: Fault, into operation: S3Operation, skipping: Int = 0, times: Int = 1) {
        inject(fault, skipping: skipping, times: times) { $0.operation == operation }
    }

    /// From now on every new request passes.
    package func heal() { record.forgetRules() }

    /// Every connection passes so many bytes a second each way.
    ///
    /// `nil`: as many as it can.
    package var bytesPerSecond: Int? {
        get { record.bytesPerSecond }
        set { record.bytesPerSecond = newValue }
    }

    /// Every request until now, as far as it has come.
    package var requests: Watched<[ProxiedRequest]> { record.requests }

    /// The requests that are called so.
    package func requests(_ operation: S3Operation) -> [ProxiedRequest] {
        requests.value.filter { $0.operation == operation }
    }

    /// How many connections clients have made.
    package var accepted: Int { record.accepted }
}
