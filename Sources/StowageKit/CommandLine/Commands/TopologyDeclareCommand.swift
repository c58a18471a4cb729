import Messaging
import Pipeline
import StrictCoding

/// `stowage topology declare`.
enum TopologyDeclareCommand: Subcommand {
    static let specification = CommandSpecification(
        name: "topology declare", summary: "Make the exchanges, queues and bindings that are missing",
        options: TopologyChoice.options + CommonOption.connection,
        notes: [
            "It can be repeated, never changes what is there, and never deletes. An object that is there with other "
                + "arguments is named; the exit code is 2 then."
        ])

    static func run(_ line: ParsedCommand, in context: CommandContext) async throws -> ExitCode {
        try await TopologyRound.run(line, in: context, verb: "declared", passive: false)
    }
}
