import CRabbitMQ
import Glibc
import ServiceRuntime

extension AMQPHandle {
    /// Connects and logs in; blocks for at most twice the connect timeout, name resolution not counted.
    static func connect(
        to endpoint: AMQPConfiguration.Endpoint, _ configuration: AMQPConfiguration, name: String
    ) throws(BrokerError) -> AMQPHandle {
        guard let state = amqp_new_connection() else { throw BrokerError(.unexpected, "out of memory") }
        let handle: AMQPHandle
        do throws(BrokerError) {
            try openSocket(state, endpoint, configuration)
            try logIn(state, endpoint, configuration, name: name)
        } catch {
            amqp_destroy_connection(state)
            throw error
        }
        handle = AMQPHandle(
            state, isPlain: !endpoint.url.isSecure, heartbeatSeconds: configuration.heartbeatSeconds)
        handle.tuneSocket(configuration)
        return handle
    }

    private static func openSocket(
        _ state: amqp_connection_state_t, _ endpoint: AMQPConfiguration.Endpoint, _ configuration: AMQPConfiguration
    ) throws(BrokerError) {
        let url = endpoint.url
        // `amqps` never falls back to plaintext: it has its own kind of socket.
        guard let socket = url.isSecure ? amqp_ssl_socket_new(state) : amqp_tcp_socket_new(state) else {
            throw BrokerError(.unexpected, "cannot make a socket")
        }
        if url.isSecure { try secure(socket, host: endpoint.host.name, configuration.tls) }
        // All of these are infinite unless set (rule R3).
        var timeout = configuration.connectTimeout.timeval
        amqp_set_handshake_timeout(state, &timeout)
        amqp_set_rpc_timeout(state, &timeout)
        let status = amqp_socket_open_noblock(socket, endpoint.host.name, Int32(endpoint.host.port), &timeout)
        if status != AMQP_STATUS_OK.rawValue {
            throw BrokerError(.disconnected, "\(endpoint.host.name):\(endpoint.host.port): \(text(status))")
        }
    }

    private static func logIn(
        _ state: amqp_connection_state_t, _ endpoint: AMQPConfiguration.Endpoint, _ configuration: AMQPConfiguration,
        name: String
    ) throws(BrokerError) {
        // librabbitmq announces none of these by itself: without `consumer_cancel_notify` a deleted queue leaves its
        // consumer dead without a word, without `connection.blocked` an alarm looks like a slow broker (rule R2).
        let capabilities: FieldTable = [
            "consumer_cancel_notify": .bool(true), "connection.blocked": .bool(true), "basic.nack": .bool(true),
            "publisher_confirms": .bool(true), "authentication_failure_close": .bool(true),
        ]
        let properties: FieldTable = [
            "product": .string("Stowage"), "connection_name": .string(name), "capabilities": .table(capabilities),
        ]
        var arena = ArgumentArena(capacity: 4096)
        var table = arena.table(properties)
        let url = endpoint.url
        let frame = Int32(configuration.maximumFrameBytes)
        let heartbeat = Int32(max(1, configuration.heartbeatSeconds))
        let reply: amqp_rpc_reply_t
        if let password = url.password {
            reply = shim_amqp_login_plain(
                state, url.virtualHost, 0, frame, heartbeat, &table, url.user, password.exposed)
        } else {
            // The identity must not be empty: librabbitmq before 0.18 then fails as "out of memory" (rule R22).
            reply = shim_amqp_login_external(state, url.virtualHost, 0, frame, heartbeat, &table, url.user)
        }
        if reply.reply_type != AMQP_RESPONSE_NORMAL { throw failure(reply, endpoint.host) }
    }

    private static func failure(_ reply: amqp_rpc_reply_t, _ host: AMQPURL.Host) -> BrokerError {
        if reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION, reply.reply.id == AMQP_CONNECTION_CLOSE_METHOD,
            let close = reply.reply.decoded?.assumingMemoryBound(to: amqp_connection_close_t.self).pointee
        {
            return BrokerError(code: close.reply_code, text: String(repairing: close.reply_text))
        }
        return BrokerError(.disconnected, "\(host.name):\(host.port): \(text(reply.library_error))")
    }

    private func tuneSocket(_ configuration: AMQPConfiguration) {
        func set(_ level: Int32, _ option: Int32, _ value: Int32) {
            var value = value
            setsockopt(socket, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
        }
        // Twice what waits unconfirmed at most, so that a write never blocks in an alarm (rule R11).
        set(SOL_SOCKET, SO_SNDBUF, 1 << 20)
        set(SOL_SOCKET, SO_KEEPALIVE, 1)
        set(Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, Int32(clamping: configuration.heartbeatSeconds * 2000))
    }
}

extension Duration {
    var timeval: timeval {
        Glibc.timeval(tv_sec: Int(components.seconds), tv_usec: Int(components.attoseconds / 1_000_000_000_000))
    }

    /// Rounded down.
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
