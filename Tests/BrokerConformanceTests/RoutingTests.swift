import Messaging
import TestSupport
import Testing

extension BrokerConformance {
    @Suite("Routing and dead-lettering")
    struct RoutingTests {
        private func publish(_ exchange: String, _ key: String, _ test: BrokerUnderTest) async throws {
            let message = OutgoingMessage(
                exchange: exchange, routingKey: key, isMandatory: true, properties: .init(), body: Array(key.utf8))
            #expect(try await test.broker.publish(message) == .confirmed)
        }

        @Test("topic, direct and fanout exchanges route by key", arguments: BrokerKind.allCases)
        func kinds(_ kind: BrokerKind) async throws {
            try await BrokerUnderTest.with(kind) { test in
                let queue = try await test.makeQueue("q")
                let topic = try await test.makeExchange("topic", .topic)
                let direct = try await test.makeExchange("direct", .direct)
                let fanout = try await test.makeExchange("fanout", .fanout)
                try await test.bind(queue, to: topic, "*.store.#")
                try await test.bind(queue, to: direct, "reply")
                try await test.bind(queue, to: fanout)
                try await publish(topic, "s3.store", test)
                try await publish(topic, "s3.store.deep.er", test)
                try await publish(direct, "reply", test)
                try await publish(fanout, "anything", test)
                for (exchange, key) in [(topic, "store"), (topic, "s3.delete"), (direct, "other")] {
                    let message = OutgoingMessage(
                        exchange: exchange, routingKey: key, isMandatory: true, properties: .init(), body: [])
                    #expect(try await test.broker.publish(message) == .returned(code: 312, text: "NO_ROUTE"))
                }
                for text in ["s3.store", "s3.store.deep.er", "reply", "anything"] {
                    #expect(try await test.take(queue).text == text)
                }
            }
        }

        @Test("what no queue takes goes to the alternate exchange and counts as taken", arguments: BrokerKind.allCases)
        func alternate(_ kind: BrokerKind) async throws {
            try await BrokerUnderTest.with(kind) { test in
                let fallback = try await test.makeExchange("dlx", .fanout)
                let queue = try await test.makeQueue("undertaker")
                try await test.bind(queue, to: fallback)
                let tasks = try await test.makeExchange("tasks", .topic, ["alternate-exchange": .string(fallback)])
                try await publish(tasks, "unknown.store", test)
                let delivery = try await test.take(queue)
                #expect(delivery.routingKey == "unknown.store")
                #expect(delivery.exchange == tasks)
                #expect(delivery.properties.headers["x-death"] == nil)
            }
        }

        @Test("a rejected message goes to the dead-letter exchange with its key", arguments: BrokerKind.allCases)
        func reject(_ kind: BrokerKind) async throws {
            try await BrokerUnderTest.with(kind) { test in
                let (tasks, queue, dead) = try await deadLettering(test, [:])
                try await publish(tasks, "s3.store", test)
                test.broker.settle(try await test.take(queue), as: .reject)
                let delivery = try await test.take(dead)
                #expect(delivery.routingKey == "s3.store")
                #expect(delivery.text == "s3.store")
                let death = try firstDeath(delivery)
                #expect(death["queue"] == .string(queue))
                #expect(death["reason"] == .string("rejected"))
                #expect(death["count"] == .integer(1))
                #expect(death["exchange"] == .string(tasks))
                #expect(death["routing-keys"] == .array([.string("s3.store")]))
            }
        }

        @Test("what came back too often dies of the delivery limit", arguments: BrokerKind.allCases)
        func deliveryLimit(_ kind: BrokerKind) async throws {
            try await BrokerUnderTest.with(kind) { test in
                let (tasks, queue, dead) = try await deadLettering(test, ["x-delivery-limit": .integer(2)])
                try await publish(tasks, "s3.store", test)
                for _ in 0..<3 { test.broker.settle(try await test.take(queue), as: .requeue) }
                let delivery = try await test.take(dead)
                #expect(delivery.routingKey == "s3.store")
                #expect(try firstDeath(delivery)["reason"] == .string("delivery_limit"))
            }
        }

        @Test("a delay queue sends tasks back under the key that they came with", arguments: BrokerKind.allCases)
        func ladder(_ kind: BrokerKind) async throws {
            try await BrokerUnderTest.with(kind) { test in
                let tasks = try await test.makeExchange("tasks", .topic)
                let queue = try await test.makeQueue("tasks.s3")
                try await test.bind(queue, to: tasks, "s3.*")
                let retry = try await test.makeExchange("retry", .fanout)
                let delay = try await test.makeQueue(
                    "retry",
                    [
                        "x-message-ttl": .integer(200), "x-dead-letter-exchange": .string(tasks),
                        "x-dead-letter-strategy": .string("at-least-once"), "x-overflow": .string("reject-publish"),
                    ])
                try await test.bind(delay, to: retry)
                for key in ["s3.store", "s3.delete"] { try await publish(retry, key, test) }
                #expect(try await test.broker.get(queue) == nil)
                for key in ["s3.store", "s3.delete"] {
                    let delivery = try await test.take(queue)
                    #expect(delivery.routingKey == key)
                    #expect(delivery.text == key)
                    #expect(try firstDeath(delivery)["reason"] == .string("expired"))
                    #expect(try firstDeath(delivery)["queue"] == .string(delay))
                }
            }
        }

        @Test("declaring again is the same, with other arguments a precondition", arguments: BrokerKind.allCases)
        func declare(_ kind: BrokerKind) async throws {
            try await BrokerUnderTest.with(kind) { test in
                let queue = try await test.makeQueue("same", ["x-delivery-limit": .integer(20)])
                _ = try await test.makeQueue("same", ["x-delivery-limit": .integer(20)])
                let other = await #expect(throws: BrokerError.self) {
                    _ = try await test.makeQueue("same", ["x-delivery-limit": .integer(21)])
                }
                #expect(other?.kind == .preconditionFailed)
                try await test.broker.declare(.queue(name: queue, arguments: [:]), passive: true)
                for item: TopologyItem in [
                    .queue(name: test.name("missing"), arguments: [:]),
                    .exchange(name: test.name("missing"), kind: .topic, arguments: [:]),
                ] {
                    let error = await #expect(throws: BrokerError.self) {
                        try await test.broker.declare(item, passive: true)
                    }
                    #expect(error?.kind == .notFound)
                }
            }
        }

        private func deadLettering(
            _ test: BrokerUnderTest, _ arguments: FieldTable
        ) async throws -> (tasks: String, queue: String, dead: String) {
            let tasks = try await test.makeExchange("tasks", .topic)
            let fallback = try await test.makeExchange("dlx", .fanout)
            let dead = try await test.makeQueue("dead")
            try await test.bind(dead, to: fallback)
            var arguments = arguments
            arguments["x-dead-letter-exchange"] = .string(fallback)
            arguments["x-dead-letter-strategy"] = .string("at-least-once")
            arguments["x-overflow"] = .string("reject-publish")
            let queue = try await test.makeQueue("tasks.s3", arguments)
            try await test.bind(queue, to: tasks, "s3.#")
            return (tasks, queue, dead)
        }

        private func firstDeath(_ delivery: Delivery) throws -> FieldTable {
            guard case .array(let deaths)? = delivery.properties.headers["x-death"],
                case .table(let first)? = deaths.first
            else { throw BrokerError(.unexpected, "no x-death in \(delivery.properties.headers)") }
            return first
        }
    }
}
