import Messaging
import Sharing
import TestSupport
import Testing

extension BrokerConformance {
    @Suite("A delivery that is held for too long")
    struct AcknowledgementTimeoutTests {
        @Test("is dead and comes again, and the consumer goes on")
        func timeout() async throws {
            let server = try RabbitMQServer.start(["RABBITMQ_EXTRA_CONF": "consumer_timeout = 1000"])
            // RabbitMQ looks once a minute unless told.
            try server.control("eval", "application:set_env(rabbit, channel_tick_interval, 200).")
            let broker = try AMQPBroker.connecting(to: server)
            do {
                try await broker.waitUntilConnected(within: .seconds(30))
                try await holdTooLong(broker)
            } catch {
                await broker.close()
                throw error
            }
            await broker.close()
        }

        private func holdTooLong(_ broker: AMQPBroker) async throws {
            let queue = "held"
            try await broker.declare(
                .queue(name: queue, arguments: ["x-queue-type": .string("quorum")]), passive: false)
            for text in ["long", "short"] {
                let message = OutgoingMessage(
                    exchange: "", routingKey: queue, isMandatory: true, properties: .init(), body: Array(text.utf8))
                #expect(try await broker.publish(message) == .confirmed)
            }
            let consumer = try await broker.consume(queue, ConsumerOptions(channels: 2, prefetch: 1))
            var deliveries = consumer.deliveries.makeAsyncIterator()
            let held = try #require(await deliveries.next())
            let other = try #require(await deliveries.next())
            #expect(Set([held.text, other.text]) == ["long", "short"])
            broker.settle(other, as: .acknowledge)
            let again = try #require(await deliveries.next())
            #expect(again.text == held.text && again.isRedelivered)
            #expect(!broker.isLive(held))
            // An acknowledgement on a closed channel would cost the connection with all other deliveries.
            broker.settle(held, as: .acknowledge)
            #expect(broker.isLive(again))
            broker.settle(again, as: .acknowledge)
            #expect(try await eventually { try await broker.get(queue) == nil })
        }
    }
}
