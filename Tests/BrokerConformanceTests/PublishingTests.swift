import Sharing
import Messaging
import TestSupport
import Testing

extension BrokerConformance {
    @Suite("Publishing")
    struct PublishingTests {
        private func message(
            _ exchange: String, _ key: String, mandatory: Bool = true,
            _ change: (inout MessageProperties) -> Void = { _ in }
        ) -> OutgoingMessage {
            var properties = MessageProperties()
            change(&properties)
            return OutgoingMessage(
                exchange: exchange, routingKey: key, isMandatory: mandatory, properties: properties,
                body: Array("x".utf8))
        }

        @Test("every property and kind of header arrives as it was sent", arguments: BrokerKind.allCases)
        func properties(_ kind: BrokerKind) async throws {
            try await BrokerUnderTest.with(kind) { test in
                let queue = try await test.makeQueue("properties")
                var properties = MessageProperties()
                properties.contentType = "application/json"
                properties.contentEncoding = "utf-8"
                properties.priority = 3
                properties.correlationID = "correlation"
                properties.replyTo = "reply"
                properties.expiration = "600000"
                properties.messageID = "é-1"
                properties.timestamp = 1_795_132_800
                properties.type = "type"
                properties.userID = test.broker.user
                properties.appID = "app"
                properties.headers = [
                    "null": .null, "yes": .bool(true), "no": .bool(false), "small": .integer(-1),
                    "large": .integer(.max),
                    "double": .double(0.1), "text": .string("é😀"), "empty": .string(""), "bytes": .bytes([0xFF, 0]),
                    "time": .timestamp(1_795_132_800), "list": .array([.integer(1), .string("b"), .array([])]),
                    "table": .table(["in": .table(["deeper": .bool(true)])]),
                ]
                let sent = OutgoingMessage(
                    exchange: "", routingKey: queue, isMandatory: true, properties: properties, body: [0, 1, 255])
                #expect(try await test.broker.publish(sent) == .confirmed)
                let delivery = try await test.take(queue)
                // RabbitMQ sorts headers by name, and 3.10 counts deliveries from 0.
                var received = delivery.properties
                received.headers["x-delivery-count"] = nil
                received.headers.fields.sort { $0.name < $1.name }
                properties.headers.fields.sort { $0.name < $1.name }
                #expect(received == properties)
                #expect(delivery.body == .complete([0, 1, 255]))
            }
        }

        @Test("a mandatory message that no queue takes is returned", arguments: BrokerKind.allCases)
        func returned(_ kind: BrokerKind) async throws {
            try await BrokerUnderTest.with(kind) { test in
                let exchange = try await test.makeExchange("nowhere", .topic)
                #expect(
                    try await test.broker.publish(message(exchange, "a")) == .returned(code: 312, text: "NO_ROUTE"))
                #expect(try await test.broker.publish(message(exchange, "a", mandatory: false)) == .confirmed)
            }
        }

        @Test("of many in flight exactly the unroutable ones are returned", arguments: BrokerKind.allCases)
        func returnsInFlight(_ kind: BrokerKind) async throws {
            try await BrokerUnderTest.with(kind) { test in
                let exchange = try await test.makeExchange("mixed", .topic)
                let queue = try await test.makeQueue("mixed")
                try await test.bind(queue, to: exchange, "good.*")
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<300 {
                        let isGood = number % 3 != 0
                        group.addTask {
                            let sent = message(exchange, isGood ? "good.\(number)" : "bad") {
                                $0.messageID = "\(number / 2)"
                            }
                            let outcome = try await test.broker.publish(sent)
                            #expect((outcome == .confirmed) == isGood)
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }

        @Test("an exchange that does not exist is notFound, and the broker goes on", arguments: BrokerKind.allCases)
        func missingExchange(_ kind: BrokerKind) async throws {
            try await BrokerUnderTest.with(kind) { test in
                let queue = try await test.makeQueue("there")
                for _ in 0..<3 {
                    let error = await #expect(throws: BrokerError.self) {
                        _ = try await test.broker.publish(message(test.name("missing"), "a"))
                    }
                    #expect(error?.kind == .notFound)
                    #expect(try await test.broker.publish(message("", queue)) == .confirmed)
                }
            }
        }

        @Test("a forged user-id is refused, and the broker goes on", arguments: BrokerKind.allCases)
        func forgedUser(_ kind: BrokerKind) async throws {
            try await BrokerUnderTest.with(kind) { test in
                let queue = try await test.makeQueue("user")
                let error = await #expect(throws: BrokerError.self) {
                    _ = try await test.broker.publish(message("", queue) { $0.userID = "somebody" })
                }
                #expect(error?.kind == .preconditionFailed)
                #expect(
                    try await test.broker.publish(message("", queue) { $0.userID = test.broker.user }) == .confirmed)
            }
        }

        @Test(
            "texts of 255 bytes are sent, longer ones and large headers refused before", arguments: BrokerKind.allCases)
        func limits(_ kind: BrokerKind) async throws {
            try await BrokerUnderTest.with(kind) { test in
                let queue = try await test.makeQueue("limits")
                let longest = String(repeating: "é", count: 127) + "x"
                #expect(try await test.broker.publish(message("", queue) { $0.messageID = longest }) == .confirmed)
                let tooLong = String(repeating: "é", count: 128)
                let refused = [
                    message("", queue) { $0.messageID = tooLong },
                    message("", queue) { $0.headers[String(repeating: "n", count: 256)] = .null },
                    message("", queue) { $0.headers[""] = .null },
                    message("", queue) { $0.headers["large"] = .string(String(repeating: "l", count: 32 << 10)) },
                    message(String(repeating: "e", count: 256), queue),
                ]
                for message in refused {
                    let error = await #expect(throws: BrokerError.self) { _ = try await test.broker.publish(message) }
                    #expect(error?.kind == .invalidMessage)
                }
                let large = message("", queue) { $0.headers["large"] = .string(String(repeating: "l", count: 32_000)) }
                #expect(try await test.broker.publish(large) == .confirmed)
                #expect(try await test.take(queue).properties.messageID == longest)
                let delivery = try await test.take(queue)
                #expect(delivery.properties.headers["large"] == large.properties.headers["large"])
                #expect(!delivery.hasOversizedHeaders)
            }
        }

        @Test("10,000 publishes at once are all confirmed and all arrive", arguments: BrokerKind.allCases)
        func manyAtOnce(_ kind: BrokerKind) async throws {
            try await BrokerUnderTest.with(kind) { test in
                let queue = try await test.makeQueue("10000")
                try await withThrowingTaskGroup(of: PublishOutcome.self) { group in
                    for number in 0..<10_000 {
                        group.addTask {
                            try await test.broker.publish(message("", queue) { $0.messageID = "\(number)" })
                        }
                    }
                    for try await outcome in group { #expect(outcome == .confirmed) }
                }
                let consumer = try await test.broker.consume(queue, ConsumerOptions(prefetch: 500))
                var seen: Set<String> = []
                for await delivery in consumer.deliveries {
                    #expect(seen.insert(delivery.properties.messageID ?? "").inserted)
                    test.broker.settle(delivery, as: .acknowledge)
                    if seen.count == 10_000 { break }
                }
            }
        }

        @Test("a full queue refuses", arguments: BrokerKind.allCases)
        func refused(_ kind: BrokerKind) async throws {
            try await BrokerUnderTest.with(kind) { test in
                let queue = try await test.makeQueue(
                    "full", ["x-max-length": .integer(2), "x-overflow": .string("reject-publish")])
                var refusals = 0
                // RabbitMQ takes a few more than it should.
                for _ in 0..<30 {
                    do throws(BrokerError) {
                        _ = try await test.broker.publish(message("", queue))
                    } catch {
                        #expect(error.kind == .refused)
                        refusals += 1
                    }
                }
                #expect(refusals >= 20)
            }
        }

        @Test("during an alarm publishing waits while consuming goes on", arguments: BrokerKind.allCases)
        func blocked(_ kind: BrokerKind) async throws {
            try await BrokerUnderTest.with(kind) { test in
                let queue = try await test.makeQueue("blocked")
                for text in ["a", "b"] { try await test.send(text, to: queue) }
                let states = test.broker.states
                try test.block()
                let published = Watched(false)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        let outcome = try await test.broker.publish(message("", queue))
                        #expect(outcome == .confirmed)
                        published.change { $0 = true }
                    }
                    for await state in states { if case .blocked = state { break } }
                    for text in ["a", "b"] {
                        let delivery = try await test.take(queue)
                        #expect(delivery.text == text)
                        test.broker.settle(delivery, as: .acknowledge)
                    }
                    #expect(!published.value)
                    try test.unblock()
                    try await group.waitForAll()
                }
                #expect(try await test.take(queue).text == "x")
            }
        }
    }
}
