import Messaging
import TestSupport
import Testing

extension BrokerConformance {
    @Suite("Connections over TLS")
    struct SecureConnectionTests {
        private func connect(
            _ url: String, _ server: RabbitMQServer, _ change: (inout AMQPConfiguration) -> Void
        ) async throws -> BrokerError? {
            let broker = try AMQPBroker.connecting(to: server, url: url, change)
            var failure: BrokerError?
            do throws(BrokerError) {
                try await broker.waitUntilConnected(within: .seconds(3))
                try await broker.declare(.exchange(name: "amq.topic", kind: .topic, arguments: [:]), passive: true)
            } catch {
                failure = error
            }
            await broker.close()
            return failure
        }

        @Test("a server that the authority signed is trusted by name and by address")
        func trusted() async throws {
            let server = try RabbitMQServer.shared()
            for url in [server.secureURL, server.secureURL.replacing("localhost", with: "127.0.0.1")] {
                #expect(try await connect(url, server) { $0.tls.authorities = server.authorities } == nil, "\(url)")
            }
        }

        @Test("without its authority no server is trusted, and none under another name")
        func untrusted() async throws {
            let server = try RabbitMQServer.shared()
            #expect(try await connect(server.secureURL, server) { _ in } != nil)
            for name in ["localhost.localdomain", "127.0.0.2"] {
                let url = server.secureURL.replacing("localhost", with: name)
                #expect(try await connect(url, server) { $0.tls.authorities = server.authorities } != nil, "\(url)")
            }
        }

        @Test("a wrong password says so")
        func wrongPassword() async throws {
            let server = try RabbitMQServer.shared()
            let error = try await connect(server.url.replacing("labpass", with: "wrong"), server) { _ in }
            #expect(error?.kind == .accessRefused)
            #expect(error?.message.contains("wrong") == false)
        }

        @Test("a server that asks for a client certificate takes only who has one")
        func clientCertificate() async throws {
            let server = try RabbitMQServer.start([
                "RABBITMQ_PLUGINS": "rabbitmq_auth_mechanism_ssl",
                "RABBITMQ_EXTRA_CONF": """
                ssl_options.fail_if_no_peer_cert = true
                ssl_cert_login_from = common_name
                auth_mechanisms.1 = PLAIN
                auth_mechanisms.2 = EXTERNAL
                """,
            ])
            #expect(
                try await connect(server.secureURL, server) { $0.tls.authorities = server.authorities } != nil)
            #expect(
                try await connect(server.secureURL, server) {
                    $0.tls.authorities = server.authorities
                    $0.tls.certificate = server.certificate
                    $0.tls.key = server.key
                } == nil)
            // The certificate's name is the user (SASL EXTERNAL).
            try server.control("add_user", "localhost", "unused")
            try server.control("set_permissions", "localhost", ".*", ".*", ".*")
            let url = server.secureURL.replacing("lab:labpass@", with: "localhost@")
            #expect(
                try await connect(url, server) {
                    $0.tls.authorities = server.authorities
                    $0.tls.certificate = server.certificate
                    $0.tls.key = server.key
                } == nil)
        }
    }
}
