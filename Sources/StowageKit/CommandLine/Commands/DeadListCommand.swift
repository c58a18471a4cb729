import Pipeline
import StowageContract

/// `stowage dead list`.
enum DeadListCommand: Subcommand {
    static let specification = CommandSpecification(
        name: "dead list", summary: "List the tasks that were given up and are parked",
        arguments: [DeadLetterChoice.argument],
        options: DeadLetterChoice.filters + [.value("limit", "COUNT", "at most so many")] + CommonOption.connection,
        notes: ["While the list is made, the letters that were read are held, and nobody else sees them."])

    static func run(_ line: ParsedCommand, in context: CommandContext) async throws -> ExitCode {
        let filter = try DeadLetterChoice.filter(line, needsChoice: false)
        let limit = try line.integer("limit", in: 1...Int.max) ?? .max
        let isJSON = line.flag(CommonOption.json.name)
        let console = context.console
        return try await BrokerSession.open(line, in: context) { session in
            let desk = DeadLetterDesk(broker: session.broker, names: session.names, time: context.time)
            let rows = Rows()
            let tally = try await desk.walk(
                filter, limit: limit,
                told: { letter, _ in
                    if isJSON { console.json(letter.summary) } else { await rows.add(letter) }
                })
            if !isJSON {
                if tally.matched > 0 { for line in await rows.table.lines { console.line(line) } }
                console.note(tally.matched == 0 ? "no dead letters" : "\(tally.matched) dead letters")
            }
            return .done
        }
    }

    private actor Rows {
        var table = TextTable(["PARKED", "TASK", "DRIVER", "OPERATION", "ERROR"])

        func add(_ letter: DeadLetter) {
            let error = [letter.errorCode, letter.errorMessage ?? letter.reason].compactMap { $0 }.joined(
                separator: ": ")
            table.add([
                letter.parkedAt.map { String($0.text.prefix(19)) + "Z" } ?? "-", letter.id,
                letter.driver?.text ?? "-", letter.operation?.rawValue ?? "-",
                error.count > 80 ? error.prefix(79) + "…" : error,
            ])
        }
    }
}
