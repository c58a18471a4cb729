import Pipeline
import StrictCoding

/// `stowage topology export`.
enum TopologyExportCommand: Subcommand {
    static let specification = CommandSpecification(
        name: "topology export", summary: "Write the topology as a definitions file of RabbitMQ",
        options: TopologyChoice.options + [
            CommonOption.prefix, .value("vhost", "NAME", "name the virtual host, for an import into a whole broker"),
            .flag("json", "on one line"),
        ],
        notes: ["It needs no broker. 'rabbitmqctl import_definitions' reads it."])

    static func run(_ line: ParsedCommand, in context: CommandContext) async throws -> ExitCode {
        let isConfigured = line.string(CommonOption.configuration.name) != nil || line.strings("driver").isEmpty
        let configuration = isConfigured ? try context.configuration(line) : nil
        let prefix = line.string(CommonOption.prefix.name) ?? configuration?.broker.prefix ?? "stowage"
        let topology = try TopologyChoice.topology(line, prefix: prefix, configuration)
        let definitions = topology.definitions(virtualHost: line.string("vhost"))
        let layout: JSONWriter.Layout = line.flag("json") ? .compact : .pretty
        context.console.text(JSONWriter.text(of: definitions, layout: layout) + "\n")
        return .done
    }
}
