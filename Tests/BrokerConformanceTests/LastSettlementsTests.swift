import Messaging
import Sharing
import TestSupport
import Testing

extension BrokerConformance {
    /// RabbitMQ keeps settlements back that a quorum queue has no room for yet, and forgets them with their channel.
    @Suite("The last settlements")
    struct LastSettlementsTests {
        private static let messages = 400

        @Test(
            "reach the queue before the connection closes", arguments: BrokerKind.allCases, [true, false])
        func connection(_ kind: BrokerKind, isCancelled: Bool) async throws {
            try await BrokerUnderTest.with(kind) { test in
                let queue = try await test.makeQueue("last")
                let (consumer, held) = try await Self.takeAll(queue, test)
                if isCancelled { await consumer.cancel() }
                for delivery in held.dropFirst() { test.broker.settle(delivery, as: .acknowledge) }
                await test.broker.close()
                #expect(try await Self.left(queue, test) == [held[0].text])
            }
        }

        @Test("reach the queue before their channel closes", arguments: [Settlement.acknowledge, .reject])
        func channel(_ settlement: Settlement) async throws {
            try await BrokerUnderTest.with(.rabbitMQ) { test in
                let queue = try await test.makeQueue("last")
                let (consumer, held) = try await Self.takeAll(queue, test)
                let channels = try Self.channels(test)
                await consumer.cancel()
                for delivery in held.dropFirst() { test.broker.settle(delivery, as: settlement) }
                test.broker.settle(held[0], as: .requeue)
                #expect(try await eventually { try Self.channels(test) == channels - 1 })
                #expect(try await Self.left(queue, test) == [held[0].text])
            }
        }

        @Test("that were taken one at a time reach the queue as well", arguments: BrokerKind.allCases)
        func gotten(_ kind: BrokerKind) async throws {
            try await BrokerUnderTest.with(kind) { test in
                let queue = try await test.makeQueue("last")
                let held = try await Self.fill(queue, test) { try await test.take(queue) }
                for delivery in held.dropFirst() { test.broker.settle(delivery, as: .acknowledge) }
                await test.broker.close()
                #expect(try await Self.left(queue, test) == [held[0].text])
            }
        }

        private static func takeAll(
            _ queue: String, _ test: BrokerUnderTest
        ) async throws -> (any MessageConsumer, [Delivery]) {
            let options = ConsumerOptions(channels: 1, prefetch: messages)
            let consumer = try await test.broker.consume(queue, options)
            var deliveries = consumer.deliveries.makeAsyncIterator()
            let held = try await fill(queue, test) { try #require(await deliveries.next()) }
            return (consumer, held)
        }

        private static func fill(
            _ queue: String, _ test: BrokerUnderTest, _ next: () async throws -> Delivery
        ) async throws -> [Delivery] {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<messages { group.addTask { try await test.send("\(number)", to: queue) } }
                try await group.waitForAll()
            }
            var held: [Delivery] = []
            while held.count < messages { held.append(try await next()) }
            return held
        }

        /// What the queue hands out once what was held has come back to it, all at the same time.
        private static func left(_ queue: String, _ test: BrokerUnderTest) async throws -> [String] {
            #expect(try await eventually { try await test.other.messageCount(of: queue) > 0 })
            var texts: [String] = []
            while let delivery = try await test.other.get(queue) { texts.append(delivery.text) }
            return texts
        }

        private static func channels(_ test: BrokerUnderTest) throws -> Int {
            let text = try #require(test.rabbit).control("eval", "length(rabbit_channel:list()).")
            return try #require(Int(text.filter(\.isNumber)))
        }
    }
}
