import Messaging
import Pipeline
import Storage
import StowageContract
import Testing

@Suite("TaskReader")
struct TaskReaderTests {
    private static let now = Timestamp(millisecondsSinceEpoch: 1_700_000_000_000)

    /// Knows `a` with the fallbacks `b` and `c`, which have none.
    private static let reader = TaskReader(trust: HeaderTrust(users: ["worker"]), inlineBytes: 4096) { name in
        var settings = DriverSettings()
        if name.text == "a" { settings.fallbacks = ["b", "c"].compactMap { DriverName($0) } }
        return settings
    }

    private static func delivery(
        _ body: String, key: String, headers: FieldTable = [:]
    ) -> Delivery {
        var properties = MessageProperties()
        properties.userID = "worker"
        properties.headers = headers
        return Delivery(
            queue: "q", exchange: "stowage.tasks", routingKey: key, isRedelivered: false, properties: properties,
            body: .complete(Array(body.utf8)), tag: DeliveryTag(generation: 1, channel: 1, number: 1))
    }

    @Test("a task that left its driver to the routing key keeps that driver's peers after a failover")
    func peersAfterFailover() throws {
        let body = #"{"id":"t-1","fallbacks":["b","c"],"data":{"name":"n","source":{"inline":""}}}"#
        let first = AttemptRecord(
            number: 1, driver: try #require(DriverName("a")), startedAt: nil, endedAt: nil, worker: nil,
            code: .unavailable, message: nil, ambiguous: false)
        let delivery = Self.delivery(
            body, key: "b.store",
            headers: [
                "x-stowage-attempt": .integer(1), "x-stowage-slip": .string("c"),
                "x-stowage-history": .string(AttemptHistory(records: [first]).text),
            ])
        let received = try Self.reader.read(delivery, now: Self.now)
        #expect(received.task.driver.text == "b")
        #expect(received.slip.map(\.text) == ["c"])
    }

    @Test("a task that a worker's user sends itself is a first delivery, and that user has asked for it")
    func ownUser() throws {
        let body = #"{"id":"t-1","operation":"store","driver":"a","data":{"name":"n","source":{"inline":""}}}"#
        #expect(throws: UnreadableTask.self) {
            try Self.reader.read(Self.delivery(body, key: "b.store"), now: Self.now)
        }
        #expect(try Self.reader.read(Self.delivery(body, key: "a.store"), now: Self.now).envelope.user == "worker")
    }
}
