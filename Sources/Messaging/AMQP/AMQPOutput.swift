import CRabbitMQ
import Glibc

/// Frames on their way to a socket without TLS, gathered so that many go out with one system call.
///
/// librabbitmq encodes them but is not asked to write: it makes three calls for each message, and waits in one without
/// end for a peer that has been silent too long (rule R7).
struct AMQPOutput: ~Copyable {
    /// Written at the latest when so much has been gathered.
    private static let fullBytes = 64 << 10
    /// Type, channel and length before a frame's payload, and the mark behind it.
    private static let overhead = 8

    private let socket: Int32
    private let frameBytes: Int
    private let patience: Int32
    private let capacity: Int
    private var memory: UnsafeMutableRawPointer?
    private var used = 0

    /// For frames of at most `frameBytes` in all; a peer that takes nothing for `patience` milliseconds is lost.
    init(socket: Int32, frameBytes: Int, patience: Int32) {
        self.socket = socket
        self.frameBytes = frameBytes
        self.patience = patience
        capacity = Self.fullBytes + frameBytes
    }

    deinit { memory?.deallocate() }

    /// Gathers a method's frame.
    mutating func append<Arguments>(
        _ method: amqp_method_number_t, _ arguments: inout Arguments, on channel: UInt16
    ) throws(BrokerError) {
        let payload = try begin()
        Self.store(method, at: payload)
        let room = amqp_bytes_t(len: frameBytes - Self.overhead - 4, bytes: payload + 4)
        let count = withUnsafeMutablePointer(to: &arguments) { amqp_encode_method(method, $0, room) }
        try end(AMQP_FRAME_METHOD, channel, count, after: 4)
    }

    /// Gathers the frames of a message's content: its header and its body in pieces.
    mutating func append(
        _ properties: inout amqp_basic_properties_t, _ body: [UInt8], on channel: UInt16
    ) throws(BrokerError) {
        let payload = try begin()
        // Class, weight (0), size of the body.
        Self.store(UInt32(AMQP_BASIC_CLASS) << 16, at: payload)
        Self.store(UInt64(body.count), at: payload + 4)
        let room = amqp_bytes_t(len: frameBytes - Self.overhead - 12, bytes: payload + 12)
        let count = amqp_encode_properties(UInt16(AMQP_BASIC_CLASS), &properties, room)
        try end(AMQP_FRAME_HEADER, channel, count, after: 12)
        var start = 0
        while start < body.count {
            let piece = min(body.count - start, frameBytes - Self.overhead)
            let payload = try begin()
            body.withUnsafeBytes { payload.copyMemory(from: $0.baseAddress! + start, byteCount: piece) }
            try end(AMQP_FRAME_BODY, channel, Int32(piece), after: 0)
            start += piece
        }
    }

    /// Writes what was gathered.
    mutating func flush() throws(BrokerError) {
        guard let memory else { return }
        var start = 0
        while start < used {
            let count = Glibc.send(socket, memory + start, used - start, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
            if count > 0 {
                start += count
            } else if errno == EAGAIN {
                var writable = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
                guard poll(&writable, 1, patience) != 0 else {
                    throw BrokerError(.disconnected, "the broker takes nothing any more")
                }
            } else if errno != EINTR {
                throw BrokerError(.disconnected, "cannot write to the broker: \(String(cString: strerror(errno)))")
            }
        }
        used = 0
    }

    /// Room for the payload of the largest frame.
    private mutating func begin() throws(BrokerError) -> UnsafeMutableRawPointer {
        if used > Self.fullBytes { try flush() }
        let memory = self.memory ?? .allocate(byteCount: capacity, alignment: 16)
        self.memory = memory
        return memory + used + Self.overhead - 1
    }

    /// Ends the frame whose payload has `count` bytes, or a negative error, after its `fixed` first ones.
    private mutating func end(_ type: Int32, _ channel: UInt16, _ count: Int32, after fixed: Int) throws(BrokerError) {
        guard let memory, count >= 0 else { throw BrokerError(.disconnected, AMQPHandle.text(count)) }
        let frame = memory + used
        let bytes = Int(count) + fixed
        frame.storeBytes(of: UInt8(type), as: UInt8.self)
        Self.store(channel, at: frame + 1)
        Self.store(UInt32(bytes), at: frame + 3)
        (frame + Self.overhead - 1 + bytes).storeBytes(of: UInt8(AMQP_FRAME_END), as: UInt8.self)
        used += bytes + Self.overhead
    }

    private static func store<Integer: FixedWidthInteger>(_ integer: Integer, at place: UnsafeMutableRawPointer) {
        place.storeBytes(of: integer.bigEndian, as: Integer.self)
    }
}
