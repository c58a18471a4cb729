/// One object of the broker's topology.
package enum TopologyItem: Sendable, Equatable {
    /// Kinds of exchange.
    package enum ExchangeKind: String, Sendable { case topic, fanout, direct }

    /// A queue bound to an exchange.
    package struct Binding: Sendable, Equatable {
        package var exchange: String
        package var queue: String
        package var routingKey: String

        package init(exchange: String, queue: String, routingKey: String) {
            self.exchange = exchange
            self.queue = queue
            self.routingKey = routingKey
        }
    }

    /// Durable.
    case exchange(name: String, kind: ExchangeKind, arguments: FieldTable)
    /// Durable.
    case queue(name: String, arguments: FieldTable)
    case binding(Binding)
}
