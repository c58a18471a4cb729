import Sharing
import Messaging
import TestSupport
import Testing

extension BrokerConformance {
    @Suite("Consuming")
    struct ConsumingTests {
        @Test("what is published arrives whole and in order", arguments: BrokerKind.allCases)
        func order(_ kind: BrokerKind) async throws {
            try await BrokerUnderTest.with(kind) { test in
                let queue = try await test.makeQueue("order")
                for number in 0..<50 { try await test.send("\(number)", to: queue, id: "id-\(number)") }
                let consumer = try await test.broker.consume(queue, ConsumerOptions(prefetch: 10))
                var number = 0
                for await delivery in consumer.deliveries {
                    #expect(delivery.text == "\(number)")
                    #expect(delivery.properties.messageID == "id-\(number)")
                    #expect(delivery.queue == queue)
                    #expect(delivery.routingKey == queue)
                    #expect(!delivery.isRedelivered)
                    #expect(test.broker.isLive(delivery))
                    test.broker.settle(delivery, as: .acknowledge)
                    number += 1
                    if number == 50 { break }
                }
                await consumer.cancel()
                #expect(try await test.broker.get(queue) == nil)
            }
        }

        @Test("a channel gets no more than its prefetch before it settles", arguments: BrokerKind.allCases)
        func prefetch(_ kind: BrokerKind) async throws {
            try await BrokerUnderTest.with(kind) { test in
                let queue = try await test.makeQueue("prefetch")
                for number in 0..<5 { try await test.send("\(number)", to: queue) }
                let consumer = try await test.broker.consume(queue, ConsumerOptions(channels: 1, prefetch: 2))
                var deliveries = consumer.deliveries.makeAsyncIterator()
                let first = try #require(await deliveries.next())
                #expect(await deliveries.next()?.text == "1")
                // The third is still in the queue, so somebody else gets it.
                #expect(try await test.other.get(queue)?.text == "2")
                test.broker.settle(first, as: .acknowledge)
                #expect(await deliveries.next()?.text == "3")
                #expect(try await test.other.get(queue)?.text == "4")
            }
        }

        @Test("what is requeued comes again, marked as redelivered", arguments: BrokerKind.allCases)
        func requeue(_ kind: BrokerKind) async throws {
            try await BrokerUnderTest.with(kind) { test in
                let queue = try await test.makeQueue("requeue")
                try await test.send("again", to: queue)
                let first = try await test.take(queue)
                #expect(!first.isRedelivered)
                test.broker.settle(first, as: .requeue)
                let second = try await test.take(queue)
                #expect(second.text == "again")
                #expect(second.isRedelivered)
                #expect(second.properties.headers["x-delivery-count"] == .integer(1))
                test.broker.settle(second, as: .acknowledge)
            }
        }

        @Test("deliveries stay settleable after their consumer was cancelled", arguments: BrokerKind.allCases)
        func cancel(_ kind: BrokerKind) async throws {
            try await BrokerUnderTest.with(kind) { test in
                let queue = try await test.makeQueue("cancel")
                for number in 0..<3 { try await test.send("\(number)", to: queue) }
                let consumer = try await test.broker.consume(queue, ConsumerOptions(channels: 1, prefetch: 2))
                var deliveries = consumer.deliveries.makeAsyncIterator()
                let first = try #require(await deliveries.next())
                let second = try #require(await deliveries.next())
                await consumer.cancel()
                #expect(await deliveries.next() == nil)
                #expect(test.broker.isLive(first))
                test.broker.settle(first, as: .acknowledge)
                test.broker.settle(second, as: .requeue)
                // The first is gone for good, the second comes again before or after the third.
                let texts = [try await test.take(queue).text, try await test.take(queue).text].sorted()
                #expect(texts == ["1", "2"])
                await test.broker.close()
                #expect(try await test.other.waitForMessages(queue, count: 2).sorted() == ["1", "2"])
            }
        }

        @Test("a consumer pauses at 0 channels and goes on with more", arguments: BrokerKind.allCases)
        func setChannels(_ kind: BrokerKind) async throws {
            try await BrokerUnderTest.with(kind) { test in
                let queue = try await test.makeQueue("channels")
                let consumer = try await test.broker.consume(queue, ConsumerOptions(channels: 3, prefetch: 1))
                var deliveries = consumer.deliveries.makeAsyncIterator()
                try await test.send("a", to: queue)
                let held = try #require(await deliveries.next())
                await consumer.setChannels(0)
                // A question and its answer later the broker has stopped all three.
                #expect(try await test.broker.get(queue) == nil)
                for text in ["b", "c", "d"] { try await test.send(text, to: queue) }
                #expect(test.broker.isLive(held))
                #expect(try await test.broker.get(queue)?.text == "b")
                // A channel that still holds a delivery would have no room for another.
                test.broker.settle(held, as: .acknowledge)
                await consumer.setChannels(2)
                let texts = [try #require(await deliveries.next()).text, try #require(await deliveries.next()).text]
                #expect(texts.sorted() == ["c", "d"])
            }
        }

        @Test("64 channels with one delivery each work through a queue", arguments: BrokerKind.allCases)
        func manyChannels(_ kind: BrokerKind) async throws {
            try await BrokerUnderTest.with(kind) { test in
                let queue = try await test.makeQueue("many")
                for number in 0..<200 { try await test.send("\(number)", to: queue) }
                let consumer = try await test.broker.consume(queue, ConsumerOptions(channels: 64, prefetch: 1))
                var held: [Delivery] = []
                var channels: Set<UInt16> = []
                var texts: Set<String> = []
                for await delivery in consumer.deliveries {
                    texts.insert(delivery.text)
                    channels.insert(delivery.tag.channel)
                    held.append(delivery)
                    // Only when every channel holds one, and the last ones as they come.
                    if held.count == 64 || texts.count > 192 {
                        for delivery in held { test.broker.settle(delivery, as: .acknowledge) }
                        held = []
                    }
                    if texts.count == 200 { break }
                }
                #expect(channels.count == 64)
                await consumer.cancel()
            }
        }

        @Test("consuming a queue that does not exist throws notFound", arguments: BrokerKind.allCases)
        func missingQueue(_ kind: BrokerKind) async throws {
            try await BrokerUnderTest.with(kind) { test in
                let error = await #expect(throws: BrokerError.self) {
                    _ = try await test.broker.consume(test.name("missing"), ConsumerOptions(channels: 4))
                }
                #expect(error?.kind == .notFound)
                let queue = try await test.makeQueue("there")
                _ = try await test.broker.consume(queue, ConsumerOptions())
            }
        }

        @Test("get takes one message, or nothing from an empty queue", arguments: BrokerKind.allCases)
        func get(_ kind: BrokerKind) async throws {
            try await BrokerUnderTest.with(kind) { test in
                let queue = try await test.makeQueue("get")
                #expect(try await test.broker.get(queue) == nil)
                try await test.send("one", to: queue)
                let delivery = try #require(try await test.broker.get(queue))
                #expect(delivery.text == "one")
                #expect(delivery.queue == queue)
                #expect(try await test.broker.get(queue) == nil)
                let error = await #expect(throws: BrokerError.self) {
                    _ = try await test.broker.get(test.name("missing"))
                }
                #expect(error?.kind == .notFound)
                // That closed a channel; the next question has a new one.
                #expect(try await test.broker.get(queue) == nil)
            }
        }

        @Test(
            "a temporary queue takes what is bound to it and ends with its connection", arguments: BrokerKind.allCases)
        func temporaryQueue(_ kind: BrokerKind) async throws {
            try await BrokerUnderTest.with(kind) { test in
                let exchange = try await test.makeExchange("events", .topic)
                let binding = TopologyItem.Binding(exchange: exchange, queue: "", routingKey: "failed.#")
                let queue = try await test.broker.declareTemporaryQueue(bindings: [binding])
                let consumer = try await test.broker.consume(queue, ConsumerOptions(prefetch: 10))
                var deliveries = consumer.deliveries.makeAsyncIterator()
                for key in ["succeeded.a", "failed.a"] {
                    _ = try await test.broker.publish(
                        OutgoingMessage(exchange: exchange, routingKey: key, properties: .init(), body: Array(key.utf8))
                    )
                }
                #expect(await deliveries.next()?.text == "failed.a")
                try await test.dropConnections()
                #expect(await deliveries.next() == nil)
            }
        }
    }
}
