import Sharing
import Messaging
import TestSupport
import Testing

extension BrokerConformance {
    @Suite("Reconnecting")
    struct ReconnectingTests {
        @Test(
            "settling a delivery of a lost connection does nothing, and it comes again", arguments: BrokerKind.allCases)
        func settleAfterLoss(_ kind: BrokerKind) async throws {
            try await BrokerUnderTest.with(kind) { test in
                let queue = try await test.makeQueue("lost")
                try await test.send("one", to: queue)
                let consumer = try await test.broker.consume(queue, ConsumerOptions(channels: 2, prefetch: 1))
                var deliveries = consumer.deliveries.makeAsyncIterator()
                let first = try #require(await deliveries.next())
                try await test.dropConnections()
                let second = try #require(await deliveries.next())
                #expect(!test.broker.isLive(first))
                test.broker.settle(first, as: .acknowledge)
                #expect(second.text == "one")
                #expect(second.isRedelivered)
                #expect(test.broker.isLive(second))
                test.broker.settle(second, as: .acknowledge)
                try await test.send("two", to: queue)
                #expect(await deliveries.next()?.text == "two")
            }
        }

        @Test("states tell of the loss and of the new connection", arguments: BrokerKind.allCases)
        func states(_ kind: BrokerKind) async throws {
            try await BrokerUnderTest.with(kind) { test in
                var states = test.broker.states.makeAsyncIterator()
                #expect(await states.next() == .connected)
                try await test.dropConnections()
                var seen: [BrokerState] = []
                while let state = await states.next() {
                    seen.append(state)
                    if state == .connected { break }
                }
                guard case .disconnected = try #require(seen.first) else {
                    Issue.record("the first change was \(seen)")
                    return
                }
            }
        }

        @Test("publishing and asking go on after the connection was lost", arguments: BrokerKind.allCases)
        func publishAfterLoss(_ kind: BrokerKind) async throws {
            try await BrokerUnderTest.with(kind) { test in
                let queue = try await test.makeQueue("after")
                for round in 0..<3 {
                    try await test.dropConnections()
                    let outcome = try await test.broker.publish(
                        OutgoingMessage(
                            exchange: "", routingKey: queue, isMandatory: true, properties: .init(),
                            body: Array("\(round)".utf8)))
                    #expect(outcome == .confirmed)
                    let delivery = try await test.take(queue)
                    #expect(delivery.text == "\(round)")
                    test.broker.settle(delivery, as: .acknowledge)
                }
            }
        }

        @Test("a consumer whose queue was deleted goes on when it is made again", arguments: BrokerKind.allCases)
        func deletedQueue(_ kind: BrokerKind) async throws {
            try await BrokerUnderTest.with(kind) { test in
                let queue = try await test.makeQueue("deleted")
                let consumer = try await test.broker.consume(queue, ConsumerOptions(channels: 2, prefetch: 1))
                var deliveries = consumer.deliveries.makeAsyncIterator()
                try await test.send("before", to: queue)
                let before = try #require(await deliveries.next())
                try test.deleteQueue(queue)
                // RabbitMQ 3.10 tells nothing of the deletion when the queue is back before it could.
                #expect(try await eventually { !test.broker.isLive(before) })
                test.broker.settle(before, as: .acknowledge)
                _ = try await test.makeQueue("deleted")
                try await test.send("after", to: queue)
                #expect(await deliveries.next()?.text == "after")
            }
        }

        @Test(
            "a queue that cannot be reached for now is not missing, and who consumes it waits",
            arguments: BrokerKind.allCases)
        func unreachableQueue(_ kind: BrokerKind) async throws {
            try await BrokerUnderTest.with(kind) { test in
                let queue = try await test.makeQueue("unreachable")
                try await test.send("kept", to: queue)
                try test.withdrawQueue(queue)
                let item = TopologyItem.queue(name: queue, arguments: ["x-queue-type": .string("quorum")])
                let asked = await #expect(throws: BrokerError.self) {
                    try await test.broker.declare(item, passive: true)
                }
                #expect(asked?.kind == .unavailable, "\(asked?.description ?? "")")
                let counted = await #expect(throws: BrokerError.self) {
                    _ = try await test.broker.messageCount(of: queue)
                }
                #expect(counted?.kind == .unavailable)
                let absent = TopologyItem.queue(name: test.name("absent"), arguments: [:])
                let missing = await #expect(throws: BrokerError.self) {
                    try await test.broker.declare(absent, passive: true)
                }
                #expect(missing?.kind == .notFound)
                async let waiting = test.broker.consume(queue, ConsumerOptions(channels: 2, prefetch: 1))
                // Of RabbitMQ the wait can be seen; in memory whoever consumes is only noted down.
                if kind == .rabbitMQ { _ = await test.log.line("the broker closed a consumer's channel") }
                try test.restoreQueue(queue)
                let consumer = try await waiting
                var deliveries = consumer.deliveries.makeAsyncIterator()
                #expect(await deliveries.next()?.text == "kept")
                await consumer.cancel()
            }
        }

        @Test("whoever waits to consume can give up, and holds nothing")
        func givingUp() async throws {
            try await BrokerUnderTest.with(.rabbitMQ) { test in
                let queue = try await test.makeQueue("given-up")
                try await test.send("kept", to: queue)
                try test.withdrawQueue(queue)
                let waiting = Task { try await test.broker.consume(queue, ConsumerOptions(channels: 2, prefetch: 1)) }
                _ = await test.log.line("the broker closed a consumer's channel")
                waiting.cancel()
                let error = await #expect(throws: BrokerError.self) { _ = try await waiting.value }
                #expect(error?.kind == .closed)
                try test.restoreQueue(queue)
                #expect(try await test.other.waitForMessages(queue, count: 1) == ["kept"])

                let early = Task { () async throws(BrokerError) in
                    withUnsafeCurrentTask { $0?.cancel() }
                    return try await test.broker.consume(queue, ConsumerOptions())
                }
                if let consumer = try? await early.value { await consumer.cancel() }
                try await test.send("next", to: queue)
                #expect(try await test.other.waitForMessages(queue, count: 1) == ["next"])
            }
        }

        @Test("whoever waits for a broker that is not there can give up")
        func givingUpAbsent() async throws {
            let port = try TestPorts.reserve(1)
            let log = RecordingLogSink()
            let broker = AMQPBroker(
                AMQPConfiguration(urls: [try AMQPURL("amqp://u:p@127.0.0.1:\(port)/")]), logger: log.logger)
            let waiting = Task { try await broker.consume("queue", ConsumerOptions(channels: 3)) }
            _ = await log.line("cannot connect to the broker")
            waiting.cancel()
            let error = await #expect(throws: BrokerError.self) { _ = try await waiting.value }
            #expect(error?.kind == .closed)
            await broker.close()
        }

        @Test("a consumer that the broker has forgotten consumes again")
        func forgottenConsumer() async throws {
            try await BrokerUnderTest.with(.rabbitMQ) { test in
                let server = try RabbitMQServer.shared()
                let broker = try AMQPBroker.connecting(to: server, log: test.log) {
                    $0.consumerRenewalInterval = .milliseconds(300)
                }
                try await broker.waitUntilUp()
                for round in 0..<4 {
                    let queue = try await test.makeQueue("forgotten-\(round)")
                    let consumer = try await broker.consume(queue, ConsumerOptions(channels: 4, prefetch: 1))
                    // RabbitMQ 3.10 tells nothing of the deletion, most of the time, when the queue is back at once.
                    try await server.manage("DELETE", "queues/%2f/\(queue)")
                    _ = try await test.makeQueue("forgotten-\(round)")
                    try await test.send("after", to: queue)
                    var deliveries = consumer.deliveries.makeAsyncIterator()
                    let delivery = try #require(await deliveries.next())
                    #expect(delivery.text == "after")
                    broker.settle(delivery, as: .acknowledge)
                }
                await broker.close()
            }
        }

        @Test("idle channels are renewed, and no message is lost or delivered twice")
        func renewal() async throws {
            try await BrokerUnderTest.with(.rabbitMQ) { test in
                let broker = try AMQPBroker.connecting(to: RabbitMQServer.shared(), log: test.log) {
                    $0.consumerRenewalInterval = .milliseconds(1)
                }
                try await broker.waitUntilUp()
                let queue = try await test.makeQueue("renewed")
                let consumer = try await broker.consume(queue, ConsumerOptions(channels: 8, prefetch: 1))
                var deliveries = consumer.deliveries.makeAsyncIterator()
                let renewals = { test.log.messages.filter { $0 == "idle consumers renewed" }.count }
                for number in 0..<3 {
                    let before = renewals()
                    #expect(
                        try await eventually { renewals() > before })
                    try await test.send("\(number)", to: queue)
                    var delivery = try #require(await deliveries.next())
                    // Caught by a channel that was about to close: it comes again.
                    while !broker.isLive(delivery) { delivery = try #require(await deliveries.next()) }
                    #expect(delivery.text == "\(number)")
                    broker.settle(delivery, as: .acknowledge)
                }
                await broker.close()
            }
        }

        @Test("a closed broker ends its consumers and refuses everything", arguments: BrokerKind.allCases)
        func close(_ kind: BrokerKind) async throws {
            try await BrokerUnderTest.with(kind) { test in
                let queue = try await test.makeQueue("closed")
                try await test.send("held", to: queue)
                let consumer = try await test.broker.consume(queue, ConsumerOptions())
                var deliveries = consumer.deliveries.makeAsyncIterator()
                let held = try #require(await deliveries.next())
                await test.broker.close()
                #expect(await deliveries.next() == nil)
                #expect(!test.broker.isLive(held))
                test.broker.settle(held, as: .acknowledge)
                await consumer.cancel()
                let error = await #expect(throws: BrokerError.self) { _ = try await test.broker.get(queue) }
                #expect(error?.kind == .closed)
                #expect(try await test.other.waitForMessages(queue, count: 1) == ["held"])
            }
        }
    }
}

extension MessageBroker {
    /// Takes and acknowledges that many messages, waiting for each.
    func waitForMessages(_ queue: String, count: Int) async throws -> [String] {
        var texts: [String] = []
        while texts.count < count {
            if let delivery = try await get(queue) {
                texts.append(delivery.text)
                settle(delivery, as: .acknowledge)
            } else {
                try await ContinuousClock().sleep(for: .milliseconds(5))
            }
        }
        return texts
    }
}
