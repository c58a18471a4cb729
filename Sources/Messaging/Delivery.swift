/// A message handed to a consumer, to be settled exactly once.
///
/// A class because it passes through many hands: a copy would retain each of its texts.
package final class Delivery: Sendable {
    /// What was received of the body.
    package enum Body: Sendable, Equatable {
        case complete([UInt8])
        /// Larger than the broker's `maximumBodyBytes`: read past and not kept.
        case tooLarge(bytes: UInt64)
    }

    package let queue: String
    package let exchange: String
    package let routingKey: String
    /// May have been handed to somebody before.
    package let isRedelivered: Bool
    package let properties: MessageProperties
    package let body: Body
    /// The header table was larger than what can be republished (32 KiB); `properties.headers` is then empty.
    package let hasOversizedHeaders: Bool
    /// Names the delivery to the broker that made it; meaningless elsewhere.
    package let tag: DeliveryTag

    package init(
        queue: String, exchange: String, routingKey: String, isRedelivered: Bool, properties: MessageProperties,
        body: Body, hasOversizedHeaders: Bool = false, tag: DeliveryTag
    ) {
        self.queue = queue
        self.exchange = exchange
        self.routingKey = routingKey
        self.isRedelivered = isRedelivered
        self.properties = properties
        self.body = body
        self.hasOversizedHeaders = hasOversizedHeaders
        self.tag = tag
    }
}

/// Where a delivery was received: the tag is only valid on this opening of the channel.
package struct DeliveryTag: Sendable, Hashable {
    /// Counts openings of connections and channels; a settlement under an older one is dropped.
    package var generation: UInt64
    package var channel: UInt16
    package var number: UInt64

    package init(generation: UInt64, channel: UInt16, number: UInt64) {
        self.generation = generation
        self.channel = channel
        self.number = number
    }
}

/// What becomes of a delivery.
package enum Settlement: Sendable, Equatable {
    /// Done; the broker forgets it.
    case acknowledge
    /// Back to its queue at once.
    case requeue
    /// To the queue's dead-letter exchange.
    case reject
}
