/// One connection of a client to a fault proxy, with one to the store behind it, on a thread of its own.
struct ProxyConnection: Sendable {
    var number: Int
    var client: Int32
    var storePort: UInt16
    var record: ProxyRecord
    var open: OpenSockets

    /// Passes on request after request until one side goes or a fault ends it.
    func run() {
        let store = StoreLink(port: storePort, open: open)
        defer {
            store.close()
            open.close(client)
        }
        let client = ProxySocket(self.client)
        while let head = try? client.head(), let request = record.begin(head: head, connection: number) {
            let relay = RequestRelay(request: request, head: head, client: client, link: store, record: record)
            let goesOn = (try? relay.run()) ?? false
            record.note(request.number) { $0.isOver = true }
            if !goesOn { return }
        }
    }
}

/// The way to the store behind one client's connection, opened when there is something to say.
final class StoreLink {
    private let port: UInt16
    private let open: OpenSockets
    private(set) var socket: ProxySocket?

    init(port: UInt16, open: OpenSockets) {
        self.port = port
        self.open = open
    }

    /// The connection, a new one where the store has closed the last.
    ///
    /// - Throws: `Gone` where nobody listens.
    func connected() throws -> ProxySocket {
        if let socket {
            if !socket.hasInput { return socket }
            close()
        }
        guard let descriptor = LoopbackSocket.connect(to: port), open.add(descriptor) else { throw ProxySocket.Gone() }
        let new = ProxySocket(descriptor)
        socket = new
        return new
    }

    func close() {
        if let socket { open.close(socket.descriptor) }
        socket = nil
    }
}
