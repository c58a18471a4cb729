/// A message as it lies in a queue.
struct StoredMessage: Sendable {
    var sequence: UInt64
    var exchange: String
    var routingKey: String
    var properties: MessageProperties
    var body: [UInt8]
    /// Times it came back without being settled.
    var returns = 0
    /// Milliseconds since 1970.
    var expiresAt: Int64?
}

/// A channel that consumes a queue.
struct Subscriber: Sendable, Equatable {
    var connection: UInt64
    var channel: UInt16
}

/// A queue of `InMemoryServer`.
struct InMemoryQueue: Sendable {
    let name: String
    let arguments: FieldTable
    /// The connection that it ends with.
    let owner: UInt64?
    /// Oldest first; a stream keeps all it ever got.
    var ready: ArraySlice<StoredMessage> = []
    var subscribers: [Subscriber] = []
    var nextSubscriber = 0

    var isStream: Bool { text("x-queue-type") == "stream" }
    var isQuorum: Bool { text("x-queue-type") == "quorum" }
    var timeToLive: Int64? { number("x-message-ttl") }
    var maximumLength: Int64? { number("x-max-length") }
    var deliveryLimit: Int64? { number("x-delivery-limit") }
    var refusesWhenFull: Bool { text("x-overflow") == "reject-publish" }
    var deadLetterExchange: String? { text("x-dead-letter-exchange") }
    var deadLetterRoutingKey: String? { text("x-dead-letter-routing-key") }

    var isFull: Bool { maximumLength.map { ready.count >= $0 } ?? false }

    /// Back to its old place among the waiting ones.
    mutating func restore(_ message: StoredMessage) {
        let index = ready.firstIndex { $0.sequence > message.sequence } ?? ready.endIndex
        ready.insert(message, at: index)
    }

    private func text(_ name: String) -> String? {
        if case .string(let text) = arguments[name] { text } else { nil }
    }

    private func number(_ name: String) -> Int64? {
        if case .integer(let number) = arguments[name] { number } else { nil }
    }
}

/// An exchange of `InMemoryServer`.
struct InMemoryExchange: Sendable {
    let kind: TopologyItem.ExchangeKind
    let arguments: FieldTable
    var bindings: [TopologyItem.Binding] = []

    var alternate: String? {
        if case .string(let name) = arguments["alternate-exchange"] { name } else { nil }
    }

    /// The queues bound for that key, in the order of binding.
    func queues(for routingKey: String) -> [String] {
        bindings.filter { binding in
            switch kind {
            case .fanout: true
            case .direct: binding.routingKey.utf8.elementsEqual(routingKey.utf8)
            case .topic: TopicPattern(binding.routingKey).matches(routingKey)
            }
        }.map(\.queue)
    }
}
