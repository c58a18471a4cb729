import Sharing
package import Messaging
package import StowageContract

/// Reads the events of a producer from a durable queue of its own and keeps them by task.
package final class EventCollector: Sendable {
    /// One message of the queue.
    package struct Arrived: Sendable {
        package var event: TaskEvent
        package var messageID: String?
        package var correlationID: String?
        package var routingKey: String

        /// The error of a failed or retried attempt.
        package var error: ErrorReport? {
            switch event.happening {
            case .failed(let error, _, _), .retrying(let error, _), .failedOver(let error, _, _): error
            default: nil
            }
        }

        /// What a success says.
        package var result: TaskResult? {
            if case .succeeded(let result, _, _) = event.happening { result } else { nil }
        }

        /// What a success of a `store` says.
        package var stored: StoreResult? { if case .store(let result)? = result { result } else { nil } }
    }

    private let byTask = Watched<[String: [Arrived]]>([:])
    private let unreadable = Watched<[String]>([])

    /// Declares the queue, binds it to `key` of the exchange and begins to read.
    package init(_ broker: any MessageBroker, queue: String, exchange: String, key: String) async throws {
        try await broker.declare(.queue(name: queue, arguments: ["x-queue-type": .string("quorum")]), passive: false)
        try await broker.declare(
            .binding(.init(exchange: exchange, queue: queue, routingKey: key)), passive: false)
        let consumer = try await broker.consume(queue, ConsumerOptions(channels: 1, prefetch: 200))
        let (byTask, unreadable) = (byTask, unreadable)
        Task.detached {
            for await delivery in consumer.deliveries {
                let properties = delivery.properties
                do {
                    guard case .complete(let body) = delivery.body else { continue }
                    let arrived = Arrived(
                        event: try TaskEvent.read(body: body), messageID: properties.messageID,
                        correlationID: properties.correlationID, routingKey: delivery.routingKey)
                    byTask.change { $0[arrived.event.task, default: []].append(arrived) }
                } catch {
                    unreadable.change { $0.append("\(error)") }
                }
                broker.settle(delivery, as: .acknowledge)
            }
        }
    }

    /// Everything that could not be read.
    package var problems: [String] { unreadable.value }

    /// All tasks with events.
    package var tasks: [String: [Arrived]] { byTask.value }

    /// All events about a task, in the order of their arrival.
    package func of(_ task: String) -> [Arrived] { byTask.value[task] ?? [] }

    /// Its final events.
    package func finals(of task: String) -> [Arrived] { of(task).filter { $0.event.type.isFinal } }

    /// Waits for `count` final events about a task and returns the last of them.
    @discardableResult
    package func final(
        of task: String, count: Int = 1, within limit: Duration = .seconds(40)
    ) async throws -> Arrived {
        try await require(
            eventually: "\(count) final events of \(task); there are: \(of(task).map { $0.messageID ?? "?" })",
            within: limit
        ) { finals(of: task).count >= count }
        return finals(of: task)[count - 1]
    }

    /// Waits for an event of that type about a task.
    package func first(
        _ type: EventType, of task: String, within limit: Duration = .seconds(40)
    ) async throws -> Arrived {
        func find() -> Arrived? { of(task).first { $0.event.type == type } }
        try await require(
            eventually: "\(type.rawValue) of \(task); there are: \(of(task).map { $0.messageID ?? "?" })",
            within: limit
        ) { find() != nil }
        return find()!
    }

    /// How many of `tasks` have a final event.
    package func finished(_ tasks: [String]) -> Int {
        let all = byTask.value
        return tasks.count { task in all[task]?.contains { $0.event.type.isFinal } ?? false }
    }
}
