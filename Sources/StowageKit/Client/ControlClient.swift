package import Messaging
package import Pipeline
package import ServiceRuntime
package import StowageContract

/// Tells the workers something, through the exchange `stowage.control`.
package struct ControlClient: Sendable {
    private let broker: any MessageBroker
    private let names: TopologyNames
    private let time: TimeSource

    package init(broker: any MessageBroker, names: TopologyNames, time: TimeSource) {
        self.broker = broker
        self.names = names
        self.time = time
    }

    /// Returns once the broker has kept the message: every worker learns of it, those that start later included.
    ///
    /// - Throws: why it was not taken; after `.disconnected` it may have been, and saying it again does no harm.
    package func send(_ message: ControlMessage) async throws(BrokerError) {
        var properties = MessageProperties()
        properties.contentType = "application/json"
        properties.type = "stowage.control"
        properties.timestamp = time.millisecondsSinceEpoch / 1000
        properties.userID = broker.user
        properties.appID = "stowage"
        let outcome = try await broker.publish(
            OutgoingMessage(
                exchange: names.control, routingKey: "", isMandatory: true, properties: properties,
                body: message.encoded()))
        if case .returned = outcome {
            throw BrokerError(.notFound, "no queue keeps control messages")
        }
    }
}
