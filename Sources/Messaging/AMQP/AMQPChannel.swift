import Sharing
import CRabbitMQ
import Glibc

/// One channel as the loop thread sees it: any method on a channel that the broker has closed would cost the whole
/// connection (504), and librabbitmq keeps no such state (rule R15).
final class AMQPChannel {
    /// `proving`: it is about to be closed, and settles nothing any more.
    enum Phase { case closed, opening, open, proving, closing }
    enum Consuming { case off, starting, on, stopping }
    enum Use {
        case publishing
        case operations
        /// A channel for each queue: a queue that does not exist costs only the deliveries of its own.
        case getting(queue: String)
        /// The n-th channel of a consumer.
        case consumer(AMQPSubscriber, index: Int)
    }

    /// The methods that bring content.
    enum Content {
        case delivered(number: UInt64, isRedelivered: Bool, exchange: String, routingKey: String)
        case got(number: UInt64, isRedelivered: Bool, exchange: String, routingKey: String)
        case returned(code: Int, text: String, exchange: String, routingKey: String)
    }

    let number: UInt16
    let use: Use
    var phase = Phase.closed
    /// Of this opening; settlements that name another are dropped.
    var generation: UInt64 = 0
    var consuming = Consuming.off
    var window = SettlementWindow()
    var backlog = SettlementBacklog()
    var idle = IdleTime()
    var isDirty = false
    var assembler: MessageAssembler<Content>
    var operations: [AMQPOperation] = []
    var isOperating = false
    /// Closed by us for good once its deliveries are settled.
    var isRetired = false
    /// Openings that failed in a row, and when to try again.
    var failures = 0
    var reopenAt: Int64?
    /// Since when the broker owes an answer.
    var waitingSince: Int64?
    private var exchange = RecentText()
    private var routingKey = RecentText()

    init(number: UInt16, use: Use, maximumBodyBytes: Int) {
        self.number = number
        self.use = use
        assembler = MessageAssembler(maximumBodyBytes: maximumBodyBytes)
    }

    var consumerTag: String { "stowage-\(number)" }

    /// Begins a new opening.
    func reset(generation: UInt64, maximumBodyBytes: Int) {
        self.generation = generation
        consuming = .off
        window = SettlementWindow()
        backlog = SettlementBacklog()
        idle = IdleTime()
        isDirty = false
        assembler = MessageAssembler(maximumBodyBytes: maximumBodyBytes)
        isOperating = false
        reopenAt = nil
        waitingSince = nil
    }

    func names(exchange: amqp_bytes_t, routingKey: amqp_bytes_t) -> (String, String) {
        (self.exchange.text(exchange), self.routingKey.text(routingKey))
    }
}

/// Spares making a new string for the text that also came last.
struct RecentText {
    private var last = ""
    private var lastBytes: [UInt8] = []

    mutating func text(_ bytes: amqp_bytes_t) -> String {
        let raw = UnsafeRawBufferPointer(start: bytes.bytes, count: bytes.len)
        let isSame = lastBytes.withUnsafeBytes { last in
            guard last.count == raw.count else { return false }
            guard let last = last.baseAddress, let raw = raw.baseAddress else { return true }
            return memcmp(last, raw, lastBytes.count) == 0
        }
        if !isSame {
            last = String(decoding: raw, as: UTF8.self)
            lastBytes = Array(raw)
        }
        return last
    }
}

/// A consumer as the loop thread sees it.
final class AMQPSubscriber {
    let subscription: AMQPSubscription
    /// The queue ends with the connection, and the consumer with it.
    let isTemporary: Bool
    var wanted: Int
    var channels: [AMQPChannel] = []
    /// Waits for the first consume-ok on every channel.
    var started: AMQPRequest.Answer<Void>?
    var isCancelled = false
    var cancelled: [Handover<Void>] = []
    /// Where a stream goes on after a reconnection.
    var nextOffset: Int64?

    init(_ subscription: AMQPSubscription, isTemporary: Bool, started: AMQPRequest.Answer<Void>?) {
        self.subscription = subscription
        self.isTemporary = isTemporary
        self.started = started
        wanted = subscription.options.channels
    }

    var isStream: Bool { subscription.isStream }
}
