import Sharing
import CRabbitMQ
import Glibc

/// An open connection of librabbitmq, logged in.
///
/// `@unchecked Sendable`: one thread makes it and hands it to the loop thread, which alone uses it from then on (two
/// threads on one connection abort the process, rule R5). Only `shutdown` is for other threads.
final class AMQPHandle: @unchecked Sendable {
    let state: amqp_connection_state_t
    /// `nil` once closed, so that nobody shuts down a stranger's socket of the same number.
    private let descriptor: Guarded<Int32?>
    private var arena = ArgumentArena()
    private var output: AMQPOutput
    /// With TLS only librabbitmq can write.
    private let isPlain: Bool
    private var isGathering = false

    /// Takes over the connection.
    init(_ state: amqp_connection_state_t, isPlain: Bool, heartbeatSeconds: Int) {
        self.state = state
        self.isPlain = isPlain
        let socket = amqp_get_sockfd(state)
        descriptor = Guarded(socket)
        output = AMQPOutput(
            socket: socket, frameBytes: Int(amqp_get_frame_max(state)),
            patience: Int32(clamping: heartbeatSeconds * 2000))
    }

    deinit {
        descriptor.withLock { $0 = nil }
        amqp_destroy_connection(state)
    }

    var socket: Int32 { amqp_get_sockfd(state) }

    /// Ends whatever call the loop thread hangs in; for the watchdog (rule R8).
    func shutdown() {
        descriptor.withLock { descriptor in
            if let descriptor { _ = Glibc.shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    /// The next frame that is there; `nil` when none is.
    ///
    /// What the frame points to is valid until `release`.
    func nextFrame() throws(BrokerError) -> amqp_frame_t? {
        var frame = amqp_frame_t()
        var now = timeval(tv_sec: 0, tv_usec: 0)
        let status = amqp_simple_wait_frame_noblock(state, &frame, &now)
        if status == AMQP_STATUS_OK.rawValue { return frame }
        if status == AMQP_STATUS_TIMEOUT.rawValue { return nil }
        throw BrokerError(.disconnected, Self.text(status))
    }

    /// Frames wait that no poll would tell of.
    var hasInput: Bool { amqp_frames_enqueued(state) != 0 || amqp_data_in_buffer(state) != 0 }

    /// Gives back the memory of the channel's frames (rule R12: never `amqp_release_buffers`, which aborts).
    func release(_ channel: UInt16) {
        amqp_maybe_release_buffers_on_channel(state, channel)
    }

    /// Writes a method's frame; its arguments are made by `body` from the arena.
    func send<Arguments>(
        _ method: amqp_method_number_t, on channel: UInt16, _ body: (inout ArgumentArena) -> Arguments
    ) throws(BrokerError) {
        arena.reset()
        var arguments = body(&arena)
        if isGathering, isPlain { return try output.append(method, &arguments, on: channel) }
        let status = withUnsafeMutablePointer(to: &arguments) { amqp_send_method(state, channel, method, $0) }
        if status != AMQP_STATUS_OK.rawValue { throw BrokerError(.disconnected, Self.text(status)) }
    }

    /// Writes a message that `validate` has passed: a failure in between costs the connection (rule R17).
    func publish(_ message: OutgoingMessage, on channel: UInt16) throws(BrokerError) {
        arena.reset()
        let exchange = arena.bytes(message.exchange)
        let routingKey = arena.bytes(message.routingKey)
        var properties = message.properties.encode(&arena)
        if isPlain {
            var publish = amqp_basic_publish_t(
                ticket: 0, exchange: exchange, routing_key: routingKey, mandatory: message.isMandatory ? 1 : 0,
                immediate: 0)
            try output.append(amqp_method_number_t(AMQP_BASIC_PUBLISH_METHOD), &publish, on: channel)
            try output.append(&properties, message.body, on: channel)
            if !isGathering { try output.flush() }
            return
        }
        let status = message.body.withUnsafeBytes { body in
            amqp_basic_publish(
                state, channel, exchange, routingKey, message.isMandatory ? 1 : 0, 0, &properties,
                amqp_bytes_t(len: body.count, bytes: UnsafeMutableRawPointer(mutating: body.baseAddress)))
        }
        if status != AMQP_STATUS_OK.rawValue { throw BrokerError(.disconnected, Self.text(status)) }
    }

    /// Runs `body`, whose writes go out together: librabbitmq makes a system call for each part of a message, and each
    /// message would be a packet of its own, which costs the broker as much as us.
    func gathering(_ body: () throws(BrokerError) -> Void) throws(BrokerError) {
        if isPlain {
            isGathering = true
            defer { isGathering = false }
            try body()
            return try output.flush()
        }
        cork(1)
        defer { cork(0) }
        try body()
    }

    private func cork(_ isCorked: Int32) {
        var value = isCorked
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_CORK, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    static func text(_ status: Int32) -> String {
        amqp_error_string2(status).map { String(cString: $0) } ?? "error \(status)"
    }
}
