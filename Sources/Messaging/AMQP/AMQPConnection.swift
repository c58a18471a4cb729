import Sharing
import CRabbitMQ
import Observability
import ServiceRuntime

/// One connection to the broker, made again whenever it is lost.
///
/// All its state belongs to the loop thread, which is the actor's executor. Other threads hand over commands through
/// `inbox`; nothing that happens for each message hops between executors.
actor AMQPConnection: EventSource {
    /// What the connection is for: with only one, acknowledgements freeze while an alarm blocks publishing.
    enum Role: String, Sendable { case consuming, publishing }

    enum Phase {
        case waiting(until: Int64)
        case connecting
        case open(AMQPHandle)
        /// Waits until the broker keeps no settlement back; given up at the deadline.
        case proving(AMQPHandle, deadline: Int64)
        /// `connection.close` is sent; given up at the deadline.
        case closing(AMQPHandle, deadline: Int64)
        case closed
    }

    nonisolated let inbox: AMQPInbox
    nonisolated let role: Role
    nonisolated let loop: EventLoopThread
    nonisolated let configuration: AMQPConfiguration
    nonisolated let board: AMQPStateBoard
    nonisolated let logger: Logger
    /// The open connection, for the watchdog.
    nonisolated let watched = Guarded<AMQPHandle?>(nil)

    var phase = Phase.waiting(until: 0)
    var failures = 0
    var endpoints: [AMQPConfiguration.Endpoint] = []
    var closers: [Handover<Void>] = []
    /// Channels whose proof is awaited before the connection closes.
    var unproved: Set<UInt16> = []
    var mayHaveInput = false

    /// By number; 0 is the connection itself.
    var channels: [AMQPChannel?] = [nil]
    var dirtyChannels: [AMQPChannel] = []
    var nextCheck: Int64 = 0
    var subscribers: [AMQPSubscription.ID: AMQPSubscriber] = [:]
    var temporaryQueues: Set<String> = []

    var publishQueue: [AMQPPublish] = []
    var publishHead = 0
    var confirms = ConfirmTracker<AMQPPublish>()
    var unconfirmedBytes = 0
    var lastConfirm: Int64 = 0
    var isBlocked = false

    private var spareCommands = AMQPInbox.Commands()

    init(
        role: Role, loop: EventLoopThread, lane: EventLoopLane, configuration: AMQPConfiguration, board: AMQPStateBoard,
        logger: Logger
    ) {
        self.role = role
        self.loop = loop
        self.configuration = configuration
        self.board = board
        self.logger = logger.with(LogField("broker.connection", role.rawValue))
        inbox = AMQPInbox(lane: lane)
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    nonisolated var hasCommands: Bool { !inbox.isEmpty }

    nonisolated func turn(_ wait: inout EventWait) {
        assumeIsolated { $0.takeTurn(&wait) }
    }

    private func takeTurn(_ wait: inout EventWait) {
        do throws(BrokerError) {
            // Reading comes before any writing: in librabbitmq 0.11 a write to a peer that has been silent for too
            // long waits for ever, while reading notices at once (rule R7).
            let isIdle = try !readFrames() && !hasCommands
            try obeyCommands()
            try flushAcknowledgements(isIdle: isIdle)
            try sendPublishes()
            try keepChannels()
        } catch {
            lose(error)
        }
        prepare(&wait)
    }

    private func obeyCommands() throws(BrokerError) {
        let commands = inbox.take(replacing: spareCommands)
        if commands.isEmpty {
            spareCommands = commands
            return
        }
        defer {
            spareCommands = commands
            spareCommands.removeAll()
        }
        for (tag, settlement) in commands.settlements { try settle(tag, as: settlement) }
        enqueue(commands.publishes)
        for (index, request) in commands.requests.enumerated() {
            do throws(BrokerError) {
                try obey(request)
            } catch {
                // The connection is lost in the middle: the others must still get their answer.
                lose(error)
                for request in commands.requests[(index + 1)...] { try obey(request) }
                return
            }
        }
    }

    private func obey(_ request: AMQPRequest) throws(BrokerError) {
        switch request {
        case .connected(let result): try adopt(result)
        case .operation(let operation): try begin(operation)
        case .consume(let subscription, let answer): try consume(subscription, answer)
        case .setChannels(let id, let count): try setChannels(count, of: id)
        case .cancel(let id, let continuation): try cancel(id, continuation)
        case .close(let continuation): close(continuation)
        }
    }

    private func prepare(_ wait: inout EventWait) {
        let now = EventLoopThread.now
        switch phase {
        case .waiting(let time): wait.atMost(milliseconds: time - now)
        case .connecting, .closed: break
        case .proving(let handle, let deadline), .closing(let handle, let deadline):
            wait.untilReadable(handle.socket)
            wait.atMost(milliseconds: deadline - now)
            if mayHaveInput || handle.hasInput { wait.atMost(milliseconds: 0) }
        case .open(let handle):
            wait.untilReadable(handle.socket)
            // Heartbeats are sent and missed only inside of calls (rule R9).
            wait.atMost(milliseconds: Int64(configuration.heartbeatSeconds) * 500)
            wait.atMost(milliseconds: configuration.consumerRenewalInterval.milliseconds)
            if let reopenAt = nextReopening { wait.atMost(milliseconds: reopenAt - now) }
            // What librabbitmq or OpenSSL hold already, poll cannot see (rule R10); acknowledgements wait for one turn.
            if mayHaveInput || handle.hasInput || !dirtyChannels.isEmpty { wait.atMost(milliseconds: 0) }
        }
    }

    /// The handle while the connection is open.
    var handle: AMQPHandle? {
        if case .open(let handle) = phase { handle } else { nil }
    }
}
