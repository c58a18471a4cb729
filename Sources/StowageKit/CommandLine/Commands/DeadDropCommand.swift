import Sharing
import Pipeline

/// `stowage dead drop`.
enum DeadDropCommand: Subcommand {
    static let specification = CommandSpecification(
        name: "dead drop", summary: "Throw parked tasks away for good",
        arguments: [DeadLetterChoice.argument],
        options: DeadLetterChoice.filters + [
            DeadLetterChoice.all, .flag("yes", letter: "y", "do not ask"),
        ] + CommonOption.connection,
        notes: ["Without --yes it asks on a terminal, and does nothing anywhere else."])

    static func run(_ line: ParsedCommand, in context: CommandContext) async throws -> ExitCode {
        let filter = try DeadLetterChoice.filter(line, needsChoice: true)
        if line.flag("yes") { return try await DeadLetterRound.run(.drop, filter, of: line, in: context) }
        return try await BrokerSession.open(line, in: context) { session in
            let desk = DeadLetterDesk(broker: session.broker, names: session.names, time: context.time)
            let marks = Guarded<Set<DeadLetter.Mark>>([])
            let tally = try await desk.walk(
                filter, told: { letter, _ in marks.withLock { _ = $0.insert(letter.mark) } })
            guard tally.matched > 0 else { throw DeadLetterChoice.nothing(line) }
            let question = "Throw \(tally.matched) parked task\(tally.matched == 1 ? "" : "s") away for good? [y/N]"
            guard let answer = await context.ask(question) else {
                throw line.error("nobody is there to be asked: give --yes")
            }
            guard ["y", "yes"].contains(answer.lowercased()) else {
                context.console.note("nothing was dropped")
                return .taskFailed
            }
            // Only what was counted: a letter that came in the meantime stays.
            var counted = filter
            counted.marks = marks.withLock { $0 }
            return try await DeadLetterRound.run({ _ in .drop }, counted, of: line, in: context, session)
        }
    }
}
