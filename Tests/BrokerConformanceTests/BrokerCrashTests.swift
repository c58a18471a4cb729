import Sharing
import Messaging
import TestSupport
import Testing

extension BrokerConformance {
    @Suite("A broker that crashes")
    struct BrokerCrashTests {
        @Test("everything confirmed is still there after kill -9, and consumers go on")
        func kill() async throws {
            let server = try RabbitMQServer.start()
            let broker = try AMQPBroker.connecting(to: server)
            try await broker.waitUntilConnected(within: .seconds(30))
            let queue = "survivors"
            try await broker.declare(
                .queue(name: queue, arguments: ["x-queue-type": .string("quorum")]), passive: false)
            // RabbitMQ 3.10 writes the name of a new quorum queue some seconds later; a crash before that loses the
            // queue's log, confirmed messages included. A stop writes it now.
            try server.control("stop_app")
            for await state in broker.states { if case .disconnected = state { break } }
            try server.control("start_app")
            try await broker.waitUntilConnected(within: .seconds(30))
            let confirmed = Watched<Set<String>>([])
            let first = 500
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<20_000 {
                    group.addTask {
                        let id = "\(number)"
                        var properties = MessageProperties()
                        properties.messageID = id
                        let message = OutgoingMessage(
                            exchange: "", routingKey: queue, isMandatory: true, properties: properties, body: [1])
                        do throws(BrokerError) {
                            if try await broker.publish(message) == .confirmed {
                                confirmed.change { _ = $0.insert(id) }
                            }
                        } catch {
                            #expect(error.kind == .disconnected)
                        }
                    }
                }
                await confirmed.first { $0.count >= first }
                try server.kill()
                try await group.waitForAll()
            }
            let consumer = Task {
                try await broker.consume(queue, ConsumerOptions(channels: 4, prefetch: 50)).deliveries
            }
            try server.restart()
            var missing = confirmed.value
            #expect(missing.count >= first)
            for await delivery in try await consumer.value {
                missing.remove(delivery.properties.messageID ?? "")
                broker.settle(delivery, as: .acknowledge)
                if missing.isEmpty { break }
            }
            #expect(missing.isEmpty)
            await broker.close()
        }
    }
}
