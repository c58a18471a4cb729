import Sharing
import ServiceRuntime

/// What other threads ask of a connection: one short lock per call, and a system call only when the loop sleeps.
final class AMQPInbox: Sendable {
    struct Commands: Sendable {
        var settlements: [(tag: DeliveryTag, settlement: Settlement)] = []
        var publishes: [AMQPPublish] = []
        var requests: [AMQPRequest] = []

        var isEmpty: Bool { settlements.isEmpty && publishes.isEmpty && requests.isEmpty }

        mutating func removeAll() {
            settlements.removeAll(keepingCapacity: true)
            publishes.removeAll(keepingCapacity: true)
            requests.removeAll(keepingCapacity: true)
        }
    }

    private struct State {
        var commands = Commands()
        var isClosed = false
    }

    private let state = Guarded(State())
    private let lane: EventLoopLane

    init(lane: EventLoopLane) {
        self.lane = lane
    }

    var isEmpty: Bool { state.withLock { $0.commands.isEmpty } }

    func settle(_ tag: DeliveryTag, as settlement: Settlement) {
        state.withLock { $0.commands.settlements.append((tag, settlement)) }
        lane.wakeLoop()
    }

    func publish(_ publish: AMQPPublish) {
        let isClosed = state.withLock { state in
            if !state.isClosed { state.commands.publishes.append(publish) }
            return state.isClosed
        }
        if isClosed { publish.answer.resume(returning: .failure(.closedByUs)) } else { lane.wakeLoop() }
    }

    func request(_ request: AMQPRequest) {
        let isClosed = state.withLock { state in
            if !state.isClosed { state.commands.requests.append(request) }
            return state.isClosed
        }
        if isClosed { request.fail(.closedByUs) } else { lane.wakeLoop() }
    }

    /// Takes what has come; `emptied` is the memory of the time before.
    func take(replacing emptied: Commands) -> Commands {
        state.withLock { state in
            let commands = state.commands
            state.commands = emptied
            return commands
        }
    }

    /// Nothing more is taken; returns what was left.
    func close() -> Commands {
        state.withLock { state in
            state.isClosed = true
            let commands = state.commands
            state.commands = Commands()
            return commands
        }
    }
}

/// A message on its way to the broker.
///
/// A class because it waits in three queues one after the other: a copy would retain each of its texts.
final class AMQPPublish: Sendable {
    let message: OutgoingMessage
    let answer: Handover<Result<PublishOutcome, BrokerError>>

    init(message: OutgoingMessage, answer: Handover<Result<PublishOutcome, BrokerError>>) {
        self.message = message
        self.answer = answer
    }

    /// What it counts towards the unconfirmed bytes: roughly its frames.
    var bytes: Int { message.body.count + 512 }
}

/// Everything that is rare.
enum AMQPRequest: Sendable {
    typealias Answer<Value> = Handover<Result<Value, BrokerError>>

    case connected(Result<AMQPHandle, BrokerError>)
    case operation(AMQPOperation)
    case consume(AMQPSubscription, Answer<Void>)
    case setChannels(AMQPSubscription.ID, Int)
    /// Whoever waits for its end is told; a consumption that has not begun fails as `.closed`.
    case cancel(AMQPSubscription.ID, Handover<Void>?)
    case close(Handover<Void>)

    func fail(_ error: BrokerError) {
        switch self {
        case .connected, .setChannels: break
        case .operation(let operation): operation.fail(error)
        case .consume(let subscription, let answer):
            subscription.continuation.finish()
            answer.resume(returning: .failure(error))
        case .cancel(_, let continuation): continuation?.resume()
        case .close(let continuation): continuation.resume()
        }
    }
}

/// A question with one answer, asked on a channel of its own kind.
enum AMQPOperation: Sendable {
    case get(queue: String, AMQPRequest.Answer<Delivery?>)
    case declare(TopologyItem, passive: Bool, AMQPRequest.Answer<Void>)
    case temporaryQueue(AMQPRequest.Answer<String>)
    case messageCount(queue: String, AMQPRequest.Answer<Int>)

    func fail(_ error: BrokerError) {
        switch self {
        case .get(_, let answer): answer.resume(returning: .failure(error))
        case .declare(_, _, let answer): answer.resume(returning: .failure(error))
        case .temporaryQueue(let answer): answer.resume(returning: .failure(error))
        case .messageCount(_, let answer): answer.resume(returning: .failure(error))
        }
    }
}

/// What a consumer asked for.
struct AMQPSubscription: Sendable {
    typealias ID = Int

    let id: ID
    let queue: String
    let options: ConsumerOptions
    let continuation: Mailbox<Delivery>.Slot

    var isStream: Bool { options.arguments["x-stream-offset"] != nil }
}

extension BrokerError {
    static let closedByUs = BrokerError(.closed, "the broker was closed")
    static let notConnected = BrokerError(.disconnected, "not connected to the broker")
}
