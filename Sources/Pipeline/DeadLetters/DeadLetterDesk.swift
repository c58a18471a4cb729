import Sharing
package import Messaging
package import ServiceRuntime
import StowageContract

/// Where an operator looks through the parked tasks, changes some, sends some again, and throws some away.
///
/// No letter is lost: one leaves the queue only after its replay or its changed form is confirmed, or when it is to be
/// dropped. What a walk passes over is held unacknowledged and returned at its end; if the process dies, the broker
/// returns it. The queue bears that because its delivery limit is 1,000,000.
package struct DeadLetterDesk: Sendable {
    /// Letters that are fetched at once; their bodies are in memory together.
    private static let windowLetters = 256
    /// Messages that wait for their confirm at the same time.
    private static let unconfirmed = 64

    private let broker: any MessageBroker
    private let names: TopologyNames
    private let time: TimeSource

    package init(broker: any MessageBroker, names: TopologyNames, time: TimeSource) {
        self.broker = broker
        self.names = names
        self.time = time
    }

    package typealias Judge = @Sendable (DeadLetter) async -> DeadLetterVerdict
    package typealias Listener = @Sendable (DeadLetter, DeadLetterFate) async -> Void

    /// Takes every letter in turn until the queue is empty and does with those that match what `judge` says.
    ///
    /// A task is replayed or changed at most once in a walk: one that fails again at once and is parked anew would
    /// otherwise be replayed for ever. Further letters of it are kept.
    ///
    /// The walk ends after `limit` letters that match; `told` is called for each of them, once its fate is known.
    /// - Throws: when the queue cannot be read any further; what `told` has heard stands.
    package func walk(
        _ filter: DeadLetterFilter = .all, limit: Int = .max, judge: @escaping Judge = { _ in .keep },
        told: @escaping Listener = { _, _ in }
    ) async throws(BrokerError) -> DeadLetterTally {
        let result = await withTaskGroup(of: DeadLetterSending.self) {
            group -> Result<DeadLetterTally, BrokerError> in
            var walk = DeadLetterWalk(filter: filter, limit: limit, judge: judge, told: told)
            var failure: BrokerError?
            do throws(BrokerError) {
                var isMore = true
                while isMore, !walk.isOver, !Task.isCancelled { isMore = try await window(&walk, &group) }
            } catch {
                failure = error
            }
            while let sending = await group.next() { await finish(sending, &walk) }
            await walk.losesDropped()
            if let carried = walk.carried { walk.hold(carried) }
            for delivery in walk.held { broker.settle(delivery, as: .requeue) }
            return failure.map { .failure($0) } ?? .success(walk.tally)
        }
        return try result.get()
    }

    /// Fetches a window of letters and goes through it; returns whether there may be more.
    private func window(
        _ walk: inout DeadLetterWalk, _ group: inout TaskGroup<DeadLetterSending>
    ) async throws(BrokerError) -> Bool {
        // One at a time a quorum queue hands out some hundred a second; to a consumer it gives all that it may have.
        let count = min(Self.windowLetters, max(1, walk.left))
        let consumer = try await broker.consume(names.dead, ConsumerOptions(channels: 1, prefetch: count))
        var further: Delivery?
        var failure: BrokerError?
        // Nothing is left for a `get` where the consumer was given everything.
        do throws(BrokerError) { further = try await broker.get(names.dead) } catch { failure = error }
        await consumer.cancel()
        if let carried = walk.carried { failure = await attempt(carried, &walk, &group, after: failure) }
        walk.carried = nil
        for await delivery in consumer.deliveries {
            failure = await attempt(delivery, &walk, &group, after: failure)
        }
        if let further { failure = await attempt(further, &walk, &group, after: failure) }
        if let failure { throw failure }
        try await confirmDropped(&walk)
        return further != nil || walk.carried != nil
    }

    /// Takes the letter in hand, or only holds it where the walk is over; returns why it cannot go on.
    private func attempt(
        _ delivery: Delivery, _ walk: inout DeadLetterWalk, _ group: inout TaskGroup<DeadLetterSending>,
        after failure: BrokerError?
    ) async -> BrokerError? {
        guard failure == nil, !walk.isOver, !Task.isCancelled else {
            walk.hold(delivery)
            return failure
        }
        do throws(BrokerError) {
            try await take(delivery, &walk, &group)
            return nil
        } catch {
            return error
        }
    }

    private func take(
        _ delivery: Delivery, _ walk: inout DeadLetterWalk, _ group: inout TaskGroup<DeadLetterSending>
    ) async throws(BrokerError) {
        // The connection was lost: the broker hands the letter to somebody again, and the next walk sees it.
        guard broker.isLive(delivery) else { throw BrokerError(.disconnected, "the connection was lost on the way") }
        let letter = DeadLetter(delivery)
        guard walk.filter.matches(letter), !walk.sentIDs.contains(letter.id) else { return walk.hold(delivery) }
        walk.tally.matched += 1
        let message: OutgoingMessage?
        var isEdited = false
        switch await walk.judge(letter) {
        case .keep:
            walk.hold(delivery)
            return await walk.tell(letter, .kept)
        case .refuse(let reason):
            walk.hold(delivery)
            return await walk.tell(letter, .failed(reason))
        case .drop:
            guard broker.isLive(delivery) else { return await walk.tell(letter, .failed(Self.lost)) }
            broker.settle(delivery, as: .acknowledge)
            walk.dropped.append(letter)
            return
        case .replay: message = letter.replay(to: names, as: broker.user, now: time.now)
        case .edit(let edited, let isReplayed):
            message =
                isReplayed
                ? letter.replay(edited, to: names, as: broker.user, now: time.now)
                : letter.parked(edited, to: names, as: broker.user, now: time.now)
            isEdited = !isReplayed
        }
        walk.sentIDs.insert(letter.id)
        if walk.underway >= Self.unconfirmed, let sending = await group.next() { await finish(sending, &walk) }
        walk.underway += 1
        let fate = isEdited ? DeadLetterFate.edited : .replayed(to: message?.routingKey ?? "")
        group.addTask { DeadLetterSending(letter: letter, fate: fate, problem: await publish(message)) }
    }

    private func finish(_ sending: DeadLetterSending, _ walk: inout DeadLetterWalk) async {
        walk.underway -= 1
        let delivery = sending.letter.delivery
        if let problem = sending.problem {
            walk.hold(delivery)
            await walk.tell(sending.letter, .failed(problem))
        } else if broker.isLive(delivery) {
            broker.settle(delivery, as: .acknowledge)
            await walk.tell(sending.letter, sending.fate)
        } else {
            await walk.tell(sending.letter, sending.fate == .edited ? .editedTwice : .replayedAndParked)
        }
    }

    /// Says of dropped letters that they are gone once the broker has answered something that was asked after their
    /// acknowledgements; the letter that it may answer with is for the next window.
    private func confirmDropped(_ walk: inout DeadLetterWalk) async throws(BrokerError) {
        guard !walk.dropped.isEmpty else { return }
        walk.carried = try await broker.get(names.dead)
        let dropped = walk.dropped
        walk.dropped = []
        for letter in dropped { await walk.tell(letter, .dropped) }
    }

    /// Publishes and waits for the confirm; returns what went wrong.
    private func publish(_ message: OutgoingMessage?) async -> String? {
        guard let message else { return "the message is too large to be published again" }
        do throws(BrokerError) {
            switch try await broker.publish(message) {
            case .confirmed: return nil
            case .returned(let code, let text): return "no queue takes \(message.routingKey) (\(code) \(text))"
            }
        } catch {
            return error.message
        }
    }

    /// Why a letter may be parked still.
    static let lost = "the connection was lost before the broker had taken it from the queue"
}
