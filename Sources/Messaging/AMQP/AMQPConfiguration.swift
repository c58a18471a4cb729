package import ServiceRuntime

/// How to reach the broker.
package struct AMQPConfiguration: Sendable {
    /// PEM files for `amqps`; without `authorities` the system's certificate authorities are trusted.
    package struct TLS: Sendable {
        package var authorities: String?
        package var certificate: String?
        package var key: String?

        package init(authorities: String? = nil, certificate: String? = nil, key: String? = nil) {
            self.authorities = authorities
            self.certificate = certificate
            self.key = key
        }
    }

    /// All with the same user; their hosts are tried in random order.
    package var urls: [AMQPURL]
    package var tls = TLS()
    /// Seconds; the peer is dead after twice that without a sign, and 0 would mean to wait for ever (rule R3).
    package var heartbeatSeconds = 20
    /// Bytes; RabbitMQ from 4.1 refuses less than 8192, and a header table must fit into one frame.
    package var maximumFrameBytes = 131_072
    /// Shown in the broker's management.
    package var connectionName = "stowage"
    /// Larger bodies are read past and handed out as `.tooLarge`.
    package var maximumBodyBytes = 1 << 20
    /// What the broker is asked to allow between delivery and settlement; RabbitMQ obeys from 4.3 on.
    package var acknowledgementTimeout: Duration = .seconds(1800)
    /// A consumer's channel that has brought nothing for so long is opened anew.
    package var consumerRenewalInterval: Duration = .seconds(60)
    /// For the connection and the handshake, each.
    package var connectTimeout: Duration = .seconds(10)
    /// Between attempts to connect.
    package var backoff = Backoff()

    package init(urls: [AMQPURL]) {
        self.urls = urls
    }

    /// Where to connect next.
    struct Endpoint: Sendable {
        let url: AMQPURL
        let host: AMQPURL.Host
    }

    var endpoints: [Endpoint] {
        urls.flatMap { url in url.hosts.map { Endpoint(url: url, host: $0) } }
    }
}
