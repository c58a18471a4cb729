import Messaging
import Sharing
import StowageContract
import TestSupport

/// Reads what workers say about drivers.
final class DriverEvents: Sendable {
    private let all = Watched<[DriverEvent]>([])
    private let broker: AMQPBroker

    /// Binds a queue of its own, as an administrator may.
    init(of here: Installation) async throws {
        broker = try here.broker(as: .administrator)
        try await broker.waitUntilConnected(within: .seconds(20))
        let queue = "stowage.ev.drivers"
        try await broker.declare(.queue(name: queue, arguments: ["x-queue-type": .string("quorum")]), passive: false)
        try await broker.declare(
            .binding(.init(exchange: "stowage.events", queue: queue, routingKey: "*.*.none.none")), passive: false)
        let consumer = try await broker.consume(queue, ConsumerOptions(channels: 1, prefetch: 100))
        let (all, broker) = (all, broker)
        Task.detached {
            for await delivery in consumer.deliveries {
                if case .complete(let body) = delivery.body,
                    case .driver(let event)? = try? StowageEvent.read(body: body),
                    delivery.properties.messageID == event.id, delivery.routingKey == event.routingKey
                {
                    all.change { $0.append(event) }
                }
                broker.settle(delivery, as: .acknowledge)
            }
        }
    }

    /// Those about one driver, in the order of their arrival.
    func of(_ driver: String) -> [DriverEvent] { all.value.filter { $0.driver.text == driver } }

    /// Waits for the n-th event of that type about a driver.
    @discardableResult
    func next(_ type: EventType, of driver: String, count: Int = 1) async throws -> DriverEvent {
        func found() -> [DriverEvent] { of(driver).filter { $0.type == type } }
        try await require(eventually: "\(type) number \(count) of \(driver); there are \(of(driver).map(\.id))") {
            found().count >= count
        }
        return found()[count - 1]
    }

    func close() async { await broker.close() }
}
