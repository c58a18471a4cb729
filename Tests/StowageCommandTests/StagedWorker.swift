import Sharing
import Messaging
import Pipeline
import StowageContract

/// Takes tasks from the queues of a driver and says of each what its script says.
struct StagedWorker: Sendable {
    /// One thing to say.
    enum Line: Sendable {
        /// To everybody.
        case event(TaskEvent.Happening, id: String)
        /// To the requester.
        case reply(TaskEvent.Happening, id: String)
        /// Whatever bytes, to everybody.
        case garbage(String)
    }

    typealias Script = @Sendable (StorageTask) -> [Line]

    private let broker: InMemoryBroker
    private let names: TopologyNames
    private let script: Script

    init(server: InMemoryServer, names: TopologyNames, script: @escaping Script) {
        broker = InMemoryBroker(server: server, user: "worker")
        self.names = names
        self.script = script
    }

    func run() async throws {
        guard let driver = DriverName("archive") else { return }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for queue in [names.slowQueue(driver), names.quickQueue(driver)] {
                group.addTask {
                    let consumer = try await broker.consume(queue, ConsumerOptions(channels: 1, prefetch: 64))
                    for await delivery in consumer.deliveries { try await take(delivery) }
                }
            }
            try await group.waitForAll()
        }
    }

    func close() async { await broker.close() }

    private func take(_ delivery: Delivery) async throws {
        guard case .complete(let body) = delivery.body else { return }
        let task = try StorageTask.read(
            body: body, routingKey: delivery.routingKey, messageID: delivery.properties.messageID,
            now: Timestamp(millisecondsSinceEpoch: 0))
        for line in script(task) {
            switch line {
            case .event(let happening, let id):
                let event = event(happening, id: id, task)
                let key = EventRoutingKey.task(
                    event.type, driver: task.driver.text, operation: task.operation.rawValue,
                    app: delivery.properties.appID)
                try await publish(event.encoded(), names.events, key)
            case .reply(let happening, let id):
                guard let key = delivery.properties.replyTo else { continue }
                try await publish(event(happening, id: id, task).encoded(), names.replies, key)
            case .garbage(let text):
                let key = "succeeded.archive.store.\(delivery.properties.appID ?? "none")"
                try await publish(Array(text.utf8), names.events, key)
            }
        }
        broker.settle(delivery, as: .acknowledge)
    }

    private func publish(_ body: [UInt8], _ exchange: String, _ key: String) async throws {
        _ = try await broker.publish(
            OutgoingMessage(exchange: exchange, routingKey: key, properties: MessageProperties(), body: body))
    }

    private func event(_ happening: TaskEvent.Happening, id: String, _ task: StorageTask) -> TaskEvent {
        TaskEvent(
            id: "\(task.id)/\(id)", source: "/stowage/stowage", time: Timestamp(millisecondsSinceEpoch: 1000),
            task: task.id.text, operation: task.operation, driver: task.driver, attempt: 1, worker: "staged",
            sequence: 1, happening: happening)
    }
}

/// Things that happen.
enum Happenings {
    static func stored(_ task: StorageTask) -> TaskEvent.Happening {
        guard case .store(let data) = task.data else { return .cancelled(by: nil) }
        let handle = ArchiveHandle(
            driver: task.driver, key: "\(task.id)/\(data.name)", name: data.name, size: 3,
            sha256: String(repeating: "a", count: 64), storedAt: Timestamp(millisecondsSinceEpoch: 1000),
            taskID: task.id)
        return .succeeded(
            .store(
                StoreResult(
                    handle: handle, alreadyPresent: false, verified: .server, exclusive: .atomic, durability: .full)),
            durationMilliseconds: 7, attempts: [])
    }

    static func failed(_ code: ErrorCode, _ message: String) -> TaskEvent.Happening {
        .failed(report(code, message), attempts: [], possibleCopies: [])
    }

    static func report(_ code: ErrorCode, _ message: String) -> ErrorReport {
        ErrorReport(code: code, message: message, retryable: false, place: .driver)
    }
}
