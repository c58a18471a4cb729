import Messaging
import Sharing
import TestSupport
import Testing

extension BrokerConformance {
    @Suite("Streams")
    struct StreamTests {
        private func makeStream(_ test: BrokerUnderTest) async throws -> String {
            let name = test.name("stream")
            try await test.broker.declare(
                .queue(name: name, arguments: ["x-queue-type": .string("stream"), "x-max-age": .string("7D")]),
                passive: false)
            return name
        }

        private func options(_ offset: FieldValue, prefetch: Int = 10) -> ConsumerOptions {
            ConsumerOptions(channels: 1, prefetch: prefetch, arguments: ["x-stream-offset": offset])
        }

        /// The next texts, each acknowledged.
        private func read(
            _ count: Int, _ deliveries: inout Mailbox<Delivery>.AsyncIterator, _ broker: any MessageBroker
        ) async -> [String] {
            var texts: [String] = []
            while texts.count < count, let delivery = await deliveries.next() {
                broker.settle(delivery, as: .acknowledge)
                texts.append(delivery.text)
            }
            return texts
        }

        @Test("two consumers each read all of it from the first, and what comes later", arguments: BrokerKind.allCases)
        func first(_ kind: BrokerKind) async throws {
            try await BrokerUnderTest.with(kind) { test in
                let stream = try await makeStream(test)
                for number in 0..<50 { try await test.send("\(number)", to: stream) }
                let consumers = [
                    (test.broker, try await test.broker.consume(stream, options(.string("first")))),
                    (test.other, try await test.other.consume(stream, options(.string("first"), prefetch: 3))),
                ]
                var readers = consumers.map { $0.1.deliveries.makeAsyncIterator() }
                for index in 0..<2 {
                    #expect(await read(50, &readers[index], consumers[index].0) == (0..<50).map { "\($0)" })
                }
                try await test.send("later", to: stream)
                for index in 0..<2 { #expect(await read(1, &readers[index], consumers[index].0) == ["later"]) }
                // It keeps what was acknowledged.
                let third = try await test.broker.consume(stream, options(.string("first"), prefetch: 100))
                var reader = third.deliveries.makeAsyncIterator()
                #expect(await read(51, &reader, test.broker).last == "later")
            }
        }

        @Test("each message tells its place, and a number begins there", arguments: BrokerKind.allCases)
        func place(_ kind: BrokerKind) async throws {
            try await BrokerUnderTest.with(kind) { test in
                let stream = try await makeStream(test)
                for number in 0..<5 { try await test.send("\(number)", to: stream) }
                let consumer = try await test.broker.consume(stream, options(.integer(3)))
                var reader = consumer.deliveries.makeAsyncIterator()
                let delivery = try #require(await reader.next())
                #expect(delivery.text == "3")
                #expect(delivery.properties.headers["x-stream-offset"] == .integer(3))
            }
        }

        @Test("from the last on, the last message comes at once", arguments: BrokerKind.allCases)
        func last(_ kind: BrokerKind) async throws {
            try await BrokerUnderTest.with(kind) { test in
                let stream = try await makeStream(test)
                // Each confirmed before the next, so each in a chunk of its own.
                for number in 0..<3 { try await test.send("\(number)", to: stream) }
                let consumer = try await test.broker.consume(stream, options(.string("last"), prefetch: 1))
                var reader = consumer.deliveries.makeAsyncIterator()
                #expect(await read(1, &reader, test.broker) == ["2"])
                try await test.send("3", to: stream)
                #expect(await read(1, &reader, test.broker) == ["3"])
            }
        }

        @Test("a consumer keeps its place over a lost connection", arguments: BrokerKind.allCases)
        func reconnected(_ kind: BrokerKind) async throws {
            try await BrokerUnderTest.with(kind) { test in
                let stream = try await makeStream(test)
                for number in 0..<4 { try await test.send("\(number)", to: stream) }
                let consumer = try await test.broker.consume(stream, options(.string("first")))
                var reader = consumer.deliveries.makeAsyncIterator()
                #expect(await read(4, &reader, test.broker) == ["0", "1", "2", "3"])
                try await test.dropConnections()
                _ = try await test.broker.publish(
                    OutgoingMessage(exchange: "", routingKey: stream, properties: .init(), body: Array("4".utf8)))
                #expect(await read(1, &reader, test.broker) == ["4"])
            }
        }

        @Test("a reader that went away costs nobody anything", arguments: BrokerKind.allCases)
        func abandoned(_ kind: BrokerKind) async throws {
            try await BrokerUnderTest.with(kind) { test in
                let stream = try await makeStream(test)
                let consumer = try await test.broker.consume(stream, options(.string("first")))
                // A cancelled reader ends its mailbox.
                let reading = Task { for await _ in consumer.deliveries {} }
                reading.cancel()
                await reading.value
                for number in 0..<20 { try await test.send("\(number)", to: stream) }
                // The same connection: whatever the broker makes of it has arrived before the next answer.
                let again = try await test.broker.consume(stream, options(.string("first"), prefetch: 30))
                var reader = again.deliveries.makeAsyncIterator()
                #expect(await read(20, &reader, test.broker).count == 20)
                #expect(test.log.messages.contains("lost the connection to the broker") == false)
            }
        }

        @Test("the count of a queue is known, and a missing one is notFound", arguments: BrokerKind.allCases)
        func count(_ kind: BrokerKind) async throws {
            try await BrokerUnderTest.with(kind) { test in
                let queue = try await test.makeQueue("count")
                #expect(try await test.broker.messageCount(of: queue) == 0)
                for _ in 0..<3 { try await test.send("x", to: queue) }
                #expect(try await eventually { try await test.broker.messageCount(of: queue) == 3 })
                let error = await #expect(throws: BrokerError.self) {
                    _ = try await test.broker.messageCount(of: test.name("missing"))
                }
                #expect(error?.kind == .notFound)
                #expect(try await test.broker.messageCount(of: queue) == 3)
            }
        }
    }
}
