import Messaging
import Pipeline
import ServiceRuntime

/// How a command reaches the broker, and which exchanges and queues there are ours.
struct BrokerAccess: Sendable {
    /// The largest body that a command reads, in bytes: what RabbitMQ carries at most.
    private static let maximumBodyBytes = 134_217_728

    var connection: AMQPConfiguration
    var names: TopologyNames
    /// `nil`: the broker's URL was given, and nothing else is known.
    var configuration: StowageConfiguration?

    /// From `--broker`, `--config`, `STOWAGE_BROKER_URL` and `STOWAGE_CONFIG`, in this order.
    init(_ line: ParsedCommand, in context: CommandContext) throws {
        let variable = context.environment("STOWAGE_BROKER_URL").flatMap { $0.isEmpty ? nil : $0 }
        let named = line.string(CommonOption.configuration.name)
        let given = line.string(CommonOption.broker.name)
        let url = given ?? (named == nil ? variable : nil)
        let isConfigured = named != nil || !(context.environment("STOWAGE_CONFIG") ?? "").isEmpty
        let configuration = url == nil || isConfigured ? try context.configuration(line) : nil
        self.configuration = configuration
        var connection: AMQPConfiguration
        if let url {
            do throws(AMQPURL.Invalid) { connection = AMQPConfiguration(urls: [try AMQPURL(url)]) } catch {
                throw CommandFailure(
                    .usage, "\(given == nil ? "STOWAGE_BROKER_URL" : "--broker"): \(error.description)")
            }
            if let broker = configuration?.broker {
                connection.tls = .init(
                    authorities: broker.authorities, certificate: broker.certificate, key: broker.key)
            }
        } else if let configuration {
            connection = configuration.broker.connection(name: "stowage")
        } else {
            throw CommandFailure(.usage, "no broker is named: give --broker URL or --config FILE")
        }
        connection.connectionName = "stowage \(line.name)"
        connection.maximumBodyBytes = Self.maximumBodyBytes
        self.connection = connection
        names = TopologyNames(
            prefix: line.string(CommonOption.prefix.name) ?? configuration?.broker.prefix ?? "stowage")
    }
}
