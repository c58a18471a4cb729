import Sharing
import Messaging
import Pipeline
import ServiceRuntime
package import StowageContract
import StrictCoding

extension TaskClient {
    /// What a client is told while it follows tasks.
    package enum News: Sendable {
        /// The broker has the task.
        case sent(TaskRequest)
        /// The broker did not take the task.
        case notSent(TaskRequest, TaskClientError)
        /// Something happened to a task; each event once, in the order of arrival.
        case event(TaskEvent)
        /// Something arrived that this version does not understand: where, and what.
        case unreadable(String)
        /// The connection was lost and is back: events of the time between may be missing.
        case interrupted
    }

    /// Why following ended.
    package enum Conclusion: Sendable, Equatable {
        /// Every task ended.
        case ended
        /// The time was up.
        case timedOut
    }

    /// Sends tasks and follows them until each has ended or the time is up.
    ///
    /// The queue for the events is declared and bound before the first task goes out.
    /// - Parameters:
    ///   - requests: ends when there are no more.
    ///   - timeout: for all of them together.
    ///   - told: called for each piece of news, one after the other.
    /// - Returns: what is known of the tasks, and why following ended.
    /// - Throws: when nothing can be followed: no broker, no rights.
    package func follow(
        _ requests: AsyncStream<TaskRequest>, timeout: Duration, told: (News) async -> Void
    ) async throws(TaskClientError) -> (FollowedTasks, Conclusion) {
        let replyKey = RandomText.replyKey
        let consumer = try await listen(replyKey)
        let (signals, mailbox) = AsyncStream.makeStream(of: Signal.self)
        let result = await withTaskGroup(of: Void.self) { group in
            group.addTask { await read(consumer, replyKey: replyKey, into: mailbox) }
            group.addTask { await sendAll(requests, replyTo: replyKey, into: mailbox) }
            group.addTask { [time] in
                if (try? await time.sleep(timeout)) != nil { mailbox.yield(.timeIsUp) }
            }
            let result = await conclude(signals, told)
            group.cancelAll()
            await consumer.cancel()
            return result
        }
        return try result.get()
    }

    /// Follows tasks that are all known.
    package func follow(
        _ requests: [TaskRequest], timeout: Duration, told: (News) async -> Void
    ) async throws(TaskClientError) -> (FollowedTasks, Conclusion) {
        try await follow(
            AsyncStream { continuation in
                for request in requests { continuation.yield(request) }
                continuation.finish()
            }, timeout: timeout, told: told)
    }

    private enum Signal: Sendable {
        case announced(TaskRequest)
        case news(News)
        case received(TaskEvent, isReply: Bool)
        case allSent
        case timeIsUp
        case lost(TaskClientError)
    }

    private func conclude(
        _ signals: AsyncStream<Signal>, _ told: (News) async -> Void
    ) async -> Result<(FollowedTasks, Conclusion), TaskClientError> {
        var tasks = FollowedTasks()
        var isAllSent = false
        for await signal in signals {
            switch signal {
            case .announced(let request): tasks.add(request)
            case .news(let news):
                if case .notSent(let request, _) = news { tasks.end(request.id, .notSent) }
                await told(news)
            case .received(let event, let isReply):
                if let event = tasks.take(event, isReply: isReply) { await told(.event(event)) }
            case .allSent: isAllSent = true
            case .timeIsUp: return .success((tasks, .timedOut))
            case .lost(let error): return .failure(error)
            }
            if isAllSent, tasks.areAllEnded { return .success((tasks, .ended)) }
        }
        // Only a cancelled caller gets here.
        return .success((tasks, .timedOut))
    }

    /// A consumer of our own events and replies, ready before anything is sent.
    private func listen(_ replyKey: String) async throws(TaskClientError) -> any MessageConsumer {
        do throws(BrokerError) {
            let queue = try await broker.declareTemporaryQueue(bindings: [
                TopologyItem.Binding(exchange: names.replies, queue: "", routingKey: replyKey),
                TopologyItem.Binding(exchange: names.events, queue: "", routingKey: "*.*.*.\(app)"),
            ])
            return try await broker.consume(queue, ConsumerOptions(channels: 1, prefetch: 256))
        } catch {
            throw TaskClientError(error, doing: "asking for the events of the task")
        }
    }

    /// Hands on what arrives; after a lost connection the queue is gone, and another takes its place.
    private func read(
        _ first: any MessageConsumer, replyKey: String, into mailbox: AsyncStream<Signal>.Continuation
    ) async {
        var consumer = first
        while true {
            for await delivery in consumer.deliveries {
                broker.settle(delivery, as: .acknowledge)
                guard case .complete(let body) = delivery.body else { continue }
                do throws(MemberProblem) {
                    guard case .task(let event) = try StowageEvent.read(body: body) else { continue }
                    let isReply = delivery.exchange.utf8.elementsEqual(names.replies.utf8)
                    mailbox.yield(.received(event, isReply: isReply))
                } catch {
                    mailbox.yield(.news(.unreadable("\(error)")))
                }
            }
            if Task.isCancelled { return }
            do throws(TaskClientError) {
                try await BrokerArrival(broker: broker, time: time).wait()
                consumer = try await listen(replyKey)
                mailbox.yield(.news(.interrupted))
            } catch {
                mailbox.yield(.lost(error))
                return
            }
        }
    }

    private func sendAll(
        _ requests: AsyncStream<TaskRequest>, replyTo: String, into mailbox: AsyncStream<Signal>.Continuation
    ) async {
        let announced = AsyncStream<TaskRequest>(unfolding: {
            var iterator = requests.makeAsyncIterator()
            guard let request = await iterator.next() else { return nil }
            mailbox.yield(.announced(request))
            return request
        })
        await send(announced, replyTo: replyTo) { request, error in
            mailbox.yield(.news(error.map { .notSent(request, $0) } ?? .sent(request)))
        }
        mailbox.yield(.allSent)
    }
}
