import Sharing

/// A connection to `InMemoryServer`, with what it has not settled.
struct InMemoryConnection: Sendable {
    struct Channel: Sendable {
        let consumer: Int
        let prefetch: Int
        var isConsuming = true
        var unsettled = 0
        /// Place in a stream.
        var offset = 0
    }

    struct Consumer: Sendable {
        let queue: String
        let options: ConsumerOptions
        let continuation: Mailbox<Delivery>.Slot
        var wanted: Int
        var channels: [UInt16] = []
        /// Where a stream goes on after a reconnection.
        var nextOffset: Int?
    }

    struct Unsettled: Sendable {
        let queue: String
        let message: StoredMessage
    }

    let user: String
    let states: BrokerStates
    var isUp = true
    var isClosed = false
    var generation: UInt64
    var channels: [UInt16: Channel] = [:]
    var consumers: [Int: Consumer] = [:]
    var unsettled: [DeliveryTag: Unsettled] = [:]
    var nextChannel: UInt16 = 1
    var nextConsumer = 0
    var nextNumber: UInt64 = 0
}
