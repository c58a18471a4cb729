import CRabbitMQ
import Glibc

extension AMQPHandle {
    /// Checks the peer's certificate and name before credentials are sent, with TLS 1.2 or newer.
    static func secure(
        _ socket: OpaquePointer, host: String, _ tls: AMQPConfiguration.TLS
    ) throws(BrokerError) {
        guard let context = amqp_ssl_socket_get_context(socket) else {
            throw BrokerError(.unexpected, "TLS has no context")
        }
        amqp_ssl_socket_set_verify_peer(socket, 1)
        shim_ssl_verify_peer(context)
        guard shim_ssl_require_tls12(context) == 1 else { throw BrokerError(.unexpected, "TLS 1.2 is not available") }
        if let authorities = tls.authorities {
            guard amqp_ssl_socket_set_cacert(socket, authorities) == AMQP_STATUS_OK.rawValue else {
                throw BrokerError(.unexpected, "cannot read the certificate authorities '\(authorities)'")
            }
        } else if shim_ssl_trust_system(context) != 1 {
            // librabbitmq before 0.14 trusts nobody by itself (rule R20).
            throw BrokerError(.unexpected, "the system has no certificate authorities")
        }
        try expect(host, of: socket, context)
        if let certificate = tls.certificate {
            let key = tls.key ?? certificate
            guard amqp_ssl_socket_set_key(socket, certificate, key) == AMQP_STATUS_OK.rawValue else {
                throw BrokerError(.unexpected, "cannot use the client certificate '\(certificate)' with '\(key)'")
            }
        }
    }

    /// librabbitmq's own check knows no addresses (rule R21), so OpenSSL does it within the handshake.
    private static func expect(
        _ host: String, of socket: OpaquePointer, _ context: UnsafeMutableRawPointer
    ) throws(BrokerError) {
        var address = in6_addr()
        let isAddress = inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1
        amqp_ssl_socket_set_verify_hostname(socket, isAddress ? 0 : 1)
        let status = isAddress ? shim_ssl_expect_address(context, host) : shim_ssl_expect_name(context, host)
        if status != 1 { throw BrokerError(.unexpected, "cannot check the host name '\(host)'") }
    }
}
