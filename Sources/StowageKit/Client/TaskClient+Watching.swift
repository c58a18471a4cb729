import Sharing
import Messaging
import Pipeline
import ServiceRuntime
package import StowageContract
import StrictCoding

/// Follows tasks of other producers to their ends.
extension TaskClient {
    /// Calls `begin` once all final events can be heard, and waits for those about `tasks`.
    ///
    /// `ended` is called for the first final event of each.
    ///
    /// - Returns: the tasks whose end was not heard before the time was up.
    /// - Throws: when events cannot be heard, or what `begin` throws.
    package func watch(
        _ tasks: [TaskID], timeout: Duration, begin: () async throws -> Void, ended: (TaskEvent) async -> Void
    ) async throws -> [TaskID] {
        let consumer = try await listenToEnds()
        let (events, mailbox) = AsyncStream.makeStream(of: Sign.self)
        do { try await begin() } catch {
            await consumer.cancel()
            throw error
        }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await hear(consumer, into: mailbox) }
            group.addTask { [time] in
                if (try? await time.sleep(timeout)) != nil { mailbox.yield(.timeIsUp) }
            }
            defer { group.cancelAll() }
            var waiting = tasks
            for await sign in events {
                switch sign {
                case .timeIsUp: return waiting
                case .lost(let error): throw error
                case .event(let event):
                    guard let index = waiting.firstIndex(where: { $0.text.hasSameBytes(as: event.task) }) else {
                        continue
                    }
                    waiting.remove(at: index)
                    await ended(event)
                    if waiting.isEmpty { return [] }
                }
            }
            return waiting
        }
    }

    private enum Sign: Sendable {
        case event(TaskEvent)
        case timeIsUp
        case lost(TaskClientError)
    }

    private func listenToEnds() async throws(TaskClientError) -> any MessageConsumer {
        do throws(BrokerError) {
            let queue = try await broker.declareTemporaryQueue(
                bindings: EventType.allCases.filter(\.isFinal).map {
                    TopologyItem.Binding(exchange: names.events, queue: "", routingKey: "\($0.outcome).#")
                })
            return try await broker.consume(queue, ConsumerOptions(channels: 1, prefetch: 256))
        } catch {
            throw TaskClientError(error, doing: "asking for the events of the tasks")
        }
    }

    private func hear(_ first: any MessageConsumer, into mailbox: AsyncStream<Sign>.Continuation) async throws {
        var consumer = first
        while true {
            for await delivery in consumer.deliveries {
                broker.settle(delivery, as: .acknowledge)
                guard case .complete(let body) = delivery.body,
                    case .task(let event)? = try? StowageEvent.read(body: body), event.type.isFinal
                else { continue }
                mailbox.yield(.event(event))
            }
            if Task.isCancelled { return }
            do throws(TaskClientError) {
                try await BrokerArrival(broker: broker, time: time).wait()
                consumer = try await listenToEnds()
            } catch {
                mailbox.yield(.lost(error))
                return
            }
        }
    }
}
