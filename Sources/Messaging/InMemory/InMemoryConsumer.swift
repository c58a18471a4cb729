import Sharing

/// A consumption of a queue of `InMemoryServer`.
struct InMemoryConsumer: MessageConsumer {
    let server: InMemoryServer
    let connection: UInt64
    let number: Int
    let deliveries: Mailbox<Delivery>

    var executor: (any TaskExecutor)? { nil }

    func setChannels(_ count: Int) async {
        server.withHost { $0.setChannels(count, of: number, of: connection) }
    }

    func cancel() async {
        server.withHost { $0.end(number, of: connection) }
    }
}
