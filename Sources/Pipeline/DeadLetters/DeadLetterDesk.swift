package import Messaging
package import ServiceRuntime
import StowageContract

/// Where an operator looks through the parked tasks, sends some again, and throws some away.
///
/// No letter is lost: one leaves the queue only after its replay is confirmed, or when it is to be dropped. What a walk
/// passes over is held unacknowledged and returned at its end; if the process dies, the broker returns it. The queue
/// bears that because its delivery limit is 1,000,000.
package struct DeadLetterDesk: Sendable {
    /// Replays that wait for their confirm at the same time.
    private static let window = 32

    private let broker: any MessageBroker
    private let names: TopologyNames
    private let time: TimeSource

    package init(broker: any MessageBroker, names: TopologyNames, time: TimeSource) {
        self.broker = broker
        self.names = names
        self.time = time
    }

    /// Takes every letter in turn until the queue is empty and does with those that match what `judge` says.
    ///
    /// A task is replayed at most once in a walk: one that fails again at once and is parked anew would otherwise be
    /// replayed for ever. Further letters of it are kept.
    ///
    /// The walk ends after `limit` letters that match; `told` is called for each of them, once its fate is known.
    /// - Throws: when the queue cannot be read any further; what `told` has heard stands.
    package func walk(
        _ filter: DeadLetterFilter = .all, limit: Int = .max,
        judge: @escaping @Sendable (DeadLetter) async -> DeadLetterVerdict = { _ in .keep },
        told: @escaping @Sendable (DeadLetter, DeadLetterFate) async -> Void = { _, _ in }
    ) async throws(BrokerError) -> DeadLetterTally {
        let result = await withTaskGroup(of: Replay.self) { group -> Result<DeadLetterTally, BrokerError> in
            var walk = Walk()
            var failure: BrokerError?
            while failure == nil, walk.tally.matched < limit, !Task.isCancelled {
                do throws(BrokerError) {
                    guard let delivery = try await broker.get(names.dead) else {
                        // Replays under way may fail; what they park again is not this walk's.
                        break
                    }
                    let letter = DeadLetter(delivery)
                    guard filter.matches(letter), !walk.replayedIDs.contains(letter.id) else {
                        walk.hold(delivery)
                        continue
                    }
                    walk.tally.matched += 1
                    switch await judge(letter) {
                    case .keep:
                        walk.hold(delivery)
                        walk.tally.count(.kept)
                        await told(letter, .kept)
                    case .drop:
                        broker.settle(delivery, as: .acknowledge)
                        walk.tally.count(.dropped)
                        await told(letter, .dropped)
                    case .replay:
                        walk.replayedIDs.insert(letter.id)
                        if walk.underway >= Self.window, let replay = await group.next() {
                            await finish(replay, &walk, told)
                        }
                        walk.underway += 1
                        group.addTask { await Replay(letter: letter, problem: publish(letter)) }
                    }
                } catch {
                    failure = error
                }
            }
            while let replay = await group.next() { await finish(replay, &walk, told) }
            for delivery in walk.held { broker.settle(delivery, as: .requeue) }
            return failure.map { .failure($0) } ?? .success(walk.tally)
        }
        return try result.get()
    }

    /// What one walk has in its hands.
    private struct Walk {
        var held: [Delivery] = []
        var replayedIDs: Set<String> = []
        var underway = 0
        var tally = DeadLetterTally()

        /// Keeps what is needed to return it; bodies would fill the memory.
        mutating func hold(_ delivery: Delivery) {
            held.append(
                Delivery(
                    queue: delivery.queue, exchange: delivery.exchange, routingKey: delivery.routingKey,
                    isRedelivered: delivery.isRedelivered, properties: MessageProperties(), body: .complete([]),
                    hasOversizedHeaders: delivery.hasOversizedHeaders, tag: delivery.tag))
        }
    }

    private struct Replay: Sendable {
        var letter: DeadLetter
        /// `nil`: the broker has confirmed it.
        var problem: String?
    }

    private func finish(
        _ replay: Replay, _ walk: inout Walk, _ told: @Sendable (DeadLetter, DeadLetterFate) async -> Void
    ) async {
        walk.underway -= 1
        let delivery = replay.letter.delivery
        let fate: DeadLetterFate
        if let problem = replay.problem {
            walk.hold(delivery)
            fate = .failed(problem)
        } else if broker.isLive(delivery) {
            broker.settle(delivery, as: .acknowledge)
            fate = .replayed
        } else {
            fate = .replayedAndParked
        }
        walk.tally.count(fate)
        await told(replay.letter, fate)
    }

    /// Publishes the letter's task again and waits for the confirm; returns what went wrong.
    private func publish(_ letter: DeadLetter) async -> String? {
        guard let message = letter.replay(to: names, as: broker.user, now: now) else {
            return "the message is too large to be published again"
        }
        do throws(BrokerError) {
            switch try await broker.publish(message) {
            case .confirmed: return nil
            case .returned(let code, let text): return "no queue takes \(letter.delivery.routingKey) (\(code) \(text))"
            }
        } catch {
            return error.message
        }
    }

    private var now: Timestamp { Timestamp(millisecondsSinceEpoch: time.millisecondsSinceEpoch) }
}
