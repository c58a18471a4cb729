import Pipeline
import StowageContract
import StrictCoding

/// `stowage dead show`.
enum DeadShowCommand: Subcommand {
    static let specification = CommandSpecification(
        name: "dead show", summary: "Show parked tasks in full: error, attempts, headers, body",
        arguments: [DeadLetterChoice.argument],
        options: DeadLetterChoice.filters + [
            DeadLetterChoice.all, .flag("raw", "write the body of the only letter as it is, secrets included"),
        ] + CommonOption.connection,
        notes: [
            "Request headers, what may be secret in URLs, and bytes in the message are not shown; --raw writes a body "
                + "byte for byte, so that it can be mended and given to 'dead edit --file'."
        ])

    static func run(_ line: ParsedCommand, in context: CommandContext) async throws -> ExitCode {
        let filter = try DeadLetterChoice.filter(line, needsChoice: true)
        let isJSON = line.flag(CommonOption.json.name)
        let console = context.console
        if line.flag("raw") {
            return try await BrokerSession.open(line, in: context) { session in
                guard let body = try await DeadLetterChoice.only(filter, of: line, in: context, session).body else {
                    throw CommandFailure(.taskFailed, "the body is too large to be read")
                }
                console.write(body)
                return .done
            }
        }
        return try await BrokerSession.open(line, in: context) { session in
            let desk = DeadLetterDesk(broker: session.broker, names: session.names, time: context.time)
            let tally = try await desk.walk(
                filter,
                told: { letter, _ in
                    if isJSON { return console.json(letter.account) }
                    for line in DeadLetterText.lines(letter) { console.line(line) }
                })
            guard tally.matched > 0 else { throw DeadLetterChoice.nothing(line) }
            return .done
        }
    }
}
