import Messaging
import Pipeline
import StowageContract
import Testing

@Suite("TaskCopy")
struct TaskCopyTests {
    static func delivery(from exchange: String = "x", _ change: (inout MessageProperties) -> Void) -> Delivery {
        var properties = MessageProperties()
        properties.messageID = "t-1"
        change(&properties)
        return Delivery(
            queue: "q", exchange: exchange, routingKey: "archive.store", isRedelivered: false, properties: properties,
            body: .complete([1]), tag: DeliveryTag(generation: 1, channel: 1, number: 1))
    }

    static let trust = HeaderTrust(users: ["worker"])

    @Test("keeps what belongs to the producer and says whose copy it is")
    func keeps() {
        let delivery = Self.delivery {
            $0.correlationID = "c"
            $0.replyTo = "r"
            $0.appID = "moodle"
            $0.timestamp = 5
            $0.userID = "producer"
            $0.headers = ["traceparent": .string("00-a"), "tracestate": .string("k=v"), "own": .integer(1)]
        }
        let envelope = TaskEnvelope(delivery, trust: Self.trust)
        let message = TaskCopy(of: delivery, body: [1], envelope: envelope)
            .message(to: "e", routingKey: "archive.store", as: "worker")
        #expect(message.properties.messageID == "t-1")
        #expect(message.properties.correlationID == "c")
        #expect(message.properties.replyTo == "r")
        #expect(message.properties.appID == "moodle")
        #expect(message.properties.timestamp == 5)
        #expect(message.properties.userID == "worker")
        #expect(message.properties.headers["x-stowage-user"] == .string("producer"))
        #expect(message.properties.headers["traceparent"] == .string("00-a"))
        #expect(message.properties.headers["own"] == .integer(1))
        #expect(message.isMandatory && message.properties.isPersistent)
    }

    @Test(
        "strips what would be misread or give others our rights",
        arguments: [
            "CC", "BCC", "x-death", "x-first-death-queue", "x-last-death-reason", "x-delivery-count",
            "x-acquired-count", "x-stowage-anything",
        ])
    func strips(_ name: String) {
        let delivery = Self.delivery {
            $0.expiration = "1000"
            $0.headers = FieldTable([.init(name, .string("v"))])
        }
        let message = TaskCopy(of: delivery, body: [], envelope: TaskEnvelope(delivery, trust: Self.trust))
            .message(to: "e", routingKey: "k", as: "worker")
        #expect(message.properties.headers[name] == nil)
        #expect(message.properties.expiration == nil)
    }

    @Test("can be published however much the producer's headers and the notes take together")
    func staysPublishable() throws {
        let delivery = Self.delivery {
            $0.headers = [
                "own": .string(String(repeating: "o", count: 32_000)), "traceparent": .string("00-a"),
            ]
        }
        var envelope = TaskEnvelope()
        envelope.history = (1...60).map { Self.record($0) }
        let message = TaskCopy(of: delivery, body: [], envelope: envelope)
            .message(to: "e", routingKey: String(repeating: "\u{FFFD}", count: 255), as: "worker")
        try message.validate()
        #expect(message.properties.headers["x-stowage-history"] != nil)
        #expect(message.properties.headers["traceparent"] == .string("00-a"))
        #expect(message.properties.headers["own"] == nil)
    }

    @Test("worker headers survive the journey")
    func journey() {
        var envelope = TaskEnvelope()
        envelope.attempt = 3
        envelope.slip = [DriverName("b"), DriverName("c")].compactMap(\.self)
        envelope.firstAt = Timestamp(millisecondsSinceEpoch: 1_700_000_000_000)
        envelope.deadline = Timestamp(millisecondsSinceEpoch: 1_800_000_000_000)
        envelope.user = "producer"
        envelope.replayed = 2
        envelope.slice = 1
        envelope.checkpoint = "{}"
        envelope.history = [Self.record(1), Self.record(2)]
        let message = TaskCopy(of: Self.delivery { _ in }, body: [], envelope: envelope)
            .message(to: "e", routingKey: "k", as: "worker")
        let again = TaskEnvelope(Self.delivery { $0 = message.properties }, trust: Self.trust)
        #expect(again.attempt == 3)
        #expect(again.slip?.map(\.text) == ["b", "c"])
        #expect(again.firstAt == envelope.firstAt)
        #expect(again.deadline == envelope.deadline)
        #expect(again.user == "producer")
        #expect(again.replayed == 2)
        #expect(again.slice == 1)
        #expect(again.checkpoint == "{}")
        #expect(again.history == envelope.history)
        #expect(again.sequence == 3)
    }

    @Test("headers of somebody who is not trusted are dropped and counted")
    func forged() {
        for user in [nil, "producer", "Worker"] {
            let delivery = Self.delivery {
                $0.userID = user
                $0.headers = ["x-stowage-attempt": .integer(7), "x-stowage-user": .string("king")]
            }
            let envelope = TaskEnvelope(delivery, trust: Self.trust)
            #expect(envelope.attempt == 1)
            #expect(envelope.user == user)
            #expect(envelope.forgedHeaders == 2)
            #expect(!envelope.mayHaveRunBefore)
        }
    }

    @Test(
        "numbers come as any kind and never overflow",
        arguments: [
            (FieldValue.string("4"), 4), (.integer(-3), 1), (.integer(.max), 1_000_000), (.double(2), 1), (.null, 1),
        ])
    func numbers(_ value: FieldValue, _ attempt: Int) {
        let delivery = Self.delivery {
            $0.userID = "worker"
            $0.headers = ["x-stowage-attempt": value]
        }
        #expect(TaskEnvelope(delivery, trust: Self.trust).attempt == attempt)
    }

    @Test("a long history is cut to its bound and keeps first, last and numbers")
    func history() {
        let long = AttemptHistory(records: (1...300).map(Self.record))
        let text = long.text
        #expect(text.utf8.count <= AttemptHistory.maximumBytes)
        let again = AttemptHistory(text)
        #expect(again.records.first?.number == 1)
        #expect(again.records.last?.number == 300)
        #expect(AttemptHistory("not json").records.isEmpty)
        #expect(AttemptHistory("[1,{\"n\":2}]").records.isEmpty)
    }

    static func record(_ number: Int) -> AttemptRecord {
        AttemptRecord(
            number: number, driver: DriverName("archive")!, startedAt: Timestamp(millisecondsSinceEpoch: 1),
            endedAt: Timestamp(millisecondsSinceEpoch: 2), worker: "w", code: .unavailable,
            message: "the store cannot be reached", ambiguous: number.isMultiple(of: 2))
    }
}
