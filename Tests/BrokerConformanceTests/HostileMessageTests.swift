import Sharing
import CRabbitMQ
import Glibc
@testable import Messaging
import ServiceRuntime
import TestSupport
import Testing

extension BrokerConformance {
    /// What any producer may send, written without our checks.
    @Suite("Messages of strangers")
    struct HostileMessageTests {
        /// Sends to the queue over a connection of its own, on a thread with a stack for deep tables.
        private func send(
            to queue: String, _ server: RabbitMQServer, _ body: [UInt8] = [1],
            _ properties: @escaping @Sendable () -> MessageProperties
        ) async throws {
            let url = try AMQPURL(server.url)
            let configuration = AMQPConfiguration(urls: [url])
            let result: Result<Void, BrokerError> = await handedOver { continuation in
                EventLoopThread.detach(stackBytes: 256 << 20) {
                    let result = Result { () throws(BrokerError) in
                        let handle = try AMQPHandle.connect(
                            to: configuration.endpoints[0], configuration, name: "stranger")
                        amqp_channel_open(handle.state, 1)
                        amqp_confirm_select(handle.state, 1)
                        let message = OutgoingMessage(
                            exchange: "", routingKey: queue, properties: properties(), body: body)
                        try handle.publish(message, on: 1)
                        var frame = amqp_frame_t()
                        var limit = timeval(tv_sec: 30, tv_usec: 0)
                        let status = amqp_simple_wait_frame_noblock(handle.state, &frame, &limit)
                        guard status == AMQP_STATUS_OK.rawValue, frame.isMethod(AMQP_BASIC_ACK_METHOD) else {
                            throw BrokerError(.unexpected, "not confirmed: \(AMQPHandle.text(status))")
                        }
                    }
                    continuation.resume(returning: result)
                }
            }
            try result.get()
        }

        private func with(_ body: (BrokerUnderTest, RabbitMQServer, String) async throws -> Void) async throws {
            try await BrokerUnderTest.with(.rabbitMQ) { test in
                try await body(test, try #require(test.rabbit), try await test.makeQueue("hostile"))
                // Whatever came, the broker goes on.
                let queue = try await test.makeQueue("afterwards")
                try await test.send("fine", to: queue)
                #expect(try await test.take(queue).text == "fine")
            }
        }

        @Test("a header with an empty name is left out, the message taken")
        func emptyName() async throws {
            try await with { test, server, queue in
                try await send(to: queue, server) {
                    var properties = MessageProperties()
                    properties.headers = ["": .string("x"), "known": .integer(1)]
                    return properties
                }
                let delivery = try await test.take(queue)
                #expect(delivery.properties.headers["known"] == .integer(1))
                #expect(delivery.properties.headers[""] == nil)
                #expect(delivery.body == .complete([1]))
            }
        }

        @Test("headers nested 5,000 deep count as oversized")
        func deepTable() async throws {
            try await with { test, server, queue in
                try await send(to: queue, server) {
                    var value = FieldValue.bool(true)
                    for _ in 0..<5000 { value = .table(["a": value]) }
                    var properties = MessageProperties()
                    properties.messageID = "deep"
                    properties.headers = ["a": value]
                    return properties
                }
                let delivery = try await test.take(queue)
                #expect(delivery.hasOversizedHeaders)
                #expect(delivery.properties.headers.isEmpty)
                #expect(delivery.properties.messageID == "deep")
                test.broker.settle(delivery, as: .acknowledge)
            }
        }

        @Test("headers over 32 KiB count as oversized")
        func largeHeaders() async throws {
            try await with { test, server, queue in
                try await send(to: queue, server) {
                    var properties = MessageProperties()
                    properties.headers = ["large": .string(String(repeating: "l", count: 60_000))]
                    return properties
                }
                let delivery = try await test.take(queue)
                #expect(delivery.hasOversizedHeaders)
                #expect(delivery.properties.headers.isEmpty)
            }
        }

        @Test("a body over the limit is read past, and its size told")
        func largeBody() async throws {
            try await with { test, server, queue in
                let limit = AMQPConfiguration(urls: []).maximumBodyBytes
                try await send(to: queue, server, [UInt8](repeating: 7, count: limit)) { MessageProperties() }
                try await send(to: queue, server, [UInt8](repeating: 7, count: limit + 1)) { MessageProperties() }
                let consumer = try await test.broker.consume(queue, ConsumerOptions(prefetch: 10))
                var deliveries = consumer.deliveries.makeAsyncIterator()
                #expect(await deliveries.next()?.body == .complete([UInt8](repeating: 7, count: limit)))
                let large = try #require(await deliveries.next())
                #expect(large.body == .tooLarge(bytes: UInt64(limit + 1)))
                test.broker.settle(large, as: .reject)
                try await test.send("next", to: queue)
                #expect(await deliveries.next()?.text == "next")
            }
        }

        @Test("every kind of field that other clients write is understood")
        func fieldKinds() throws {
            func value(_ kind: Character, _ set: (inout amqp_field_value_t) -> Void) -> FieldValue? {
                var field = amqp_field_value_t()
                field.kind = kind.asciiValue ?? 0
                set(&field)
                return FieldValue(field, depth: 0)
            }
            #expect(value("b") { $0.value.i8 = -1 } == .integer(-1))
            #expect(value("B") { $0.value.u8 = 255 } == .integer(255))
            #expect(value("s") { $0.value.i16 = -1 } == .integer(-1))
            #expect(value("u") { $0.value.u16 = 65_535 } == .integer(65_535))
            #expect(value("I") { $0.value.i32 = -1 } == .integer(-1))
            #expect(value("i") { $0.value.u32 = .max } == .integer(4_294_967_295))
            #expect(value("l") { $0.value.i64 = .min } == .integer(.min))
            #expect(value("L") { $0.value.u64 = .max } == .double(18_446_744_073_709_551_616))
            #expect(value("f") { $0.value.f32 = 0.5 } == .double(0.5))
            #expect(value("d") { $0.value.f64 = 0.1 } == .double(0.1))
            #expect(value("D") { $0.value.decimal = amqp_decimal_t(decimals: 2, value: 150) } == .double(1.5))
            #expect(value("T") { $0.value.u64 = 7 } == .timestamp(7))
            #expect(value("t") { $0.value.boolean = 1 } == .bool(true))
            #expect(value("V") { _ in } == .null)
            var bytes: [UInt8] = [0xFF, 0x41]
            bytes.withUnsafeMutableBytes { raw in
                let text = amqp_bytes_t(len: 2, bytes: raw.baseAddress)
                #expect(value("S") { $0.value.bytes = text } == .bytes([0xFF, 0x41]))
                #expect(value("x") { $0.value.bytes = text } == .bytes([0xFF, 0x41]))
            }
        }
    }
}
