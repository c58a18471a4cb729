import Pipeline
import StowageContract

/// `stowage dead replay`.
enum DeadReplayCommand: Subcommand {
    static let specification = CommandSpecification(
        name: "dead replay", summary: "Send parked tasks again",
        arguments: [DeadLetterChoice.argument],
        options: DeadLetterChoice.filters + [DeadLetterChoice.all] + CommonOption.connection,
        notes: [
            "The task goes out unchanged, with its history and a new count of attempts; it leaves the dead letters once "
                + "the broker has confirmed it. The workers believe the history only of users in broker.trustedUsers.",
            "A task is replayed once, however many letters it has; one that fails again is parked again.",
        ])

    static func run(_ line: ParsedCommand, in context: CommandContext) async throws -> ExitCode {
        let filter = try DeadLetterChoice.filter(line, needsChoice: true)
        return try await DeadLetterRound.run(.replay, filter, of: line, in: context)
    }
}
