package import Messaging
package import Pipeline
import ServiceRuntime

extension RetryConfiguration {
    /// The ladder as the topology names it.
    package var levels: [RetryLevel] {
        delays.map { RetryLevel(name: $0.text, milliseconds: $0.duration.wholeMilliseconds) }
    }

    package var policy: RetryPolicy {
        RetryPolicy(maximumAttempts: maxAttempts, attemptsBeforeFailover: attemptsBeforeFailover, levels: levels)
    }
}

extension StowageConfiguration {
    /// What tasks may reach by URL.
    package var locationPolicy: LocationPolicy {
        LocationPolicy(
            hosts: sources.allow, credentials: sources.credentials, connections: worker.concurrency)
    }
}

extension BrokerConfiguration {
    /// How to reach the broker; `name` is shown in its management.
    package func connection(name: String) -> AMQPConfiguration {
        var connection = AMQPConfiguration(urls: urls)
        connection.tls = .init(authorities: authorities, certificate: certificate, key: key)
        connection.connectionName = name
        connection.acknowledgementTimeout = acknowledgementTimeout
        return connection
    }
}
