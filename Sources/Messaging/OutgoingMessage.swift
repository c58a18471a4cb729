/// A message to publish.
package struct OutgoingMessage: Sendable, Equatable {
    package var exchange: String
    package var routingKey: String
    /// Whether the broker shall say when no queue takes it (`PublishOutcome.returned`).
    package var isMandatory: Bool
    package var properties: MessageProperties
    package var body: [UInt8]

    package init(
        exchange: String, routingKey: String, isMandatory: Bool = false, properties: MessageProperties, body: [UInt8]
    ) {
        self.exchange = exchange
        self.routingKey = routingKey
        self.isMandatory = isMandatory
        self.properties = properties
        self.body = body
    }
}

/// What the broker said to a publish; either way it has answered for the message.
package enum PublishOutcome: Sendable, Equatable {
    /// Taken by every queue it was routed to, or routed nowhere without `isMandatory`.
    case confirmed
    /// `isMandatory`, and no queue takes it: the message is gone.
    case returned(code: Int, text: String)
}
