import CRabbitMQ
import Glibc
@testable import Messaging
import Testing

@Suite("Gathered frames")
struct AMQPOutputTests {
    /// Two connected sockets.
    private struct Sockets: ~Copyable {
        let near: Int32
        let far: Int32

        init() {
            var ends: [Int32] = [-1, -1]
            precondition(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
            (near, far) = (ends[0], ends[1])
        }

        deinit {
            close(near)
            close(far)
        }

        /// What has arrived.
        func received() -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: 1 << 16)
            let count = recv(far, &bytes, bytes.count, Int32(MSG_DONTWAIT))
            return Array(bytes.prefix(max(0, count)))
        }
    }

    /// The frames in `bytes`: type, channel, payload.
    private func frames(_ bytes: [UInt8]) -> [(type: UInt8, channel: Int, payload: [UInt8])] {
        var frames: [(UInt8, Int, [UInt8])] = []
        var rest = bytes[...]
        while rest.count >= 8 {
            let head = Array(rest.prefix(7))
            let count = head[3...].reduce(0) { $0 << 8 | Int($1) }
            frames.append((head[0], Int(head[1]) << 8 | Int(head[2]), Array(rest.dropFirst(7).prefix(count))))
            #expect(rest.dropFirst(7 + count).first == 0xCE)
            rest = rest.dropFirst(8 + count)
        }
        #expect(rest.isEmpty)
        return frames
    }

    @Test("nothing is written before the flush, then frames as AMQP has them")
    func acknowledgement() throws {
        let sockets = Sockets()
        var output = AMQPOutput(socket: sockets.near, frameBytes: 4096, patience: 1000)
        var acknowledgement = amqp_basic_ack_t(delivery_tag: 0x0102_0304_0506_0708, multiple: 1)
        try output.append(amqp_method_number_t(AMQP_BASIC_ACK_METHOD), &acknowledgement, on: 0x0305)
        #expect(sockets.received().isEmpty)
        try output.flush()
        #expect(
            sockets.received() == [1, 3, 5, 0, 0, 0, 13, 0, 60, 0, 80, 1, 2, 3, 4, 5, 6, 7, 8, 1, 0xCE])
        try output.flush()
        #expect(sockets.received().isEmpty)
    }

    @Test("a body goes into frames of the size agreed on", arguments: [0, 1, 4088, 4089, 10_000])
    func body(_ size: Int) throws {
        let sockets = Sockets()
        var output = AMQPOutput(socket: sockets.near, frameBytes: 4096, patience: 1000)
        let body = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
        var properties = amqp_basic_properties_t()
        properties._flags = amqp_flags_t(AMQP_BASIC_DELIVERY_MODE_FLAG)
        properties.delivery_mode = 2
        try output.append(&properties, body, on: 7)
        try output.flush()
        let frames = frames(sockets.received())
        let header = try #require(frames.first)
        #expect(header.type == 2 && frames.allSatisfy { $0.channel == 7 })
        let sizeBytes = (0..<8).map { UInt8(truncatingIfNeeded: size >> (8 * (7 - $0))) }
        #expect(header.payload == [0, 60, 0, 0] + sizeBytes + [0x10, 0, 2])
        #expect(frames.dropFirst().allSatisfy { $0.type == 3 && $0.payload.count <= 4088 && !$0.payload.isEmpty })
        #expect(frames.dropFirst().flatMap(\.payload) == body)
    }

    @Test("a peer that takes nothing for too long is lost")
    func stuck() throws {
        let sockets = Sockets()
        var output = AMQPOutput(socket: sockets.near, frameBytes: 131_072, patience: 20)
        var properties = amqp_basic_properties_t()
        var failure: BrokerError?
        do throws(BrokerError) {
            for _ in 0..<100 { try output.append(&properties, [UInt8](repeating: 1, count: 100_000), on: 1) }
        } catch {
            failure = error
        }
        #expect(failure?.kind == .disconnected)
    }

    @Test("a peer that is gone is lost at once")
    func gone() throws {
        let sockets = Sockets()
        shutdown(sockets.near, Int32(SHUT_RDWR))
        var output = AMQPOutput(socket: sockets.near, frameBytes: 4096, patience: 10_000)
        var acknowledgement = amqp_basic_ack_t(delivery_tag: 1, multiple: 0)
        try output.append(amqp_method_number_t(AMQP_BASIC_ACK_METHOD), &acknowledgement, on: 1)
        var failure: BrokerError?
        do throws(BrokerError) { try output.flush() } catch { failure = error }
        #expect(failure?.kind == .disconnected)
    }
}
