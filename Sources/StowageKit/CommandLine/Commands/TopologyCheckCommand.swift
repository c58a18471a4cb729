import Messaging
import Pipeline
import StrictCoding

/// `stowage topology check`.
enum TopologyCheckCommand: Subcommand {
    static let specification = CommandSpecification(
        name: "topology check", summary: "Look whether the exchanges and queues are there",
        options: TopologyChoice.options + CommonOption.connection,
        notes: [
            "Changes nothing. AMQP cannot ask for bindings and arguments: 'topology declare' makes and compares them. "
                + "The exit code is 2 when something is missing."
        ])

    static func run(_ line: ParsedCommand, in context: CommandContext) async throws -> ExitCode {
        try await TopologyRound.run(line, in: context, verb: "found", passive: true)
    }
}
