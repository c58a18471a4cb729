import Messaging
import Pipeline
import StowageContract
import StrictCoding

/// One walk through the dead letters that does something to those that match.
enum DeadLetterRound {
    static func run(
        _ verdict: DeadLetterVerdict, _ filter: DeadLetterFilter, of line: ParsedCommand, in context: CommandContext
    ) async throws -> ExitCode {
        try await BrokerSession.open(line, in: context) { session in
            try await run({ _ in verdict }, filter, of: line, in: context, session)
        }
    }

    static func run(
        _ judge: @escaping DeadLetterDesk.Judge, _ filter: DeadLetterFilter, of line: ParsedCommand,
        in context: CommandContext, _ session: BrokerSession
    ) async throws -> ExitCode {
        let isJSON = line.flag(CommonOption.json.name)
        let console = context.console
        let desk = DeadLetterDesk(broker: session.broker, names: session.names, time: context.time)
        let tally = try await desk.walk(
            filter, judge: judge,
            told: { letter, fate in
                if isJSON { console.json(json(letter, fate)) }
                switch fate {
                case .kept: if !isJSON { console.line("\(letter.id) stays as it is") }
                case .replayed(let key): if !isJSON { console.line("replayed \(letter.id) to \(key)") }
                case .edited: if !isJSON { console.line("edited \(letter.id)") }
                case .editedTwice:
                    console.problem(
                        "task \(letter.id) is parked with its changes, and once more without: the connection was lost. "
                            + "'stowage dead show \(letter.id)' shows both.")
                case .dropped: if !isJSON { console.line("dropped \(letter.id)") }
                case .replayedAndParked:
                    console.problem(
                        "task \(letter.id) was replayed, but is still parked: the connection was lost. "
                            + "Replaying it again is harmless.")
                case .failed(let reason): console.problem("task \(letter.id) stays parked: \(reason)")
                }
            })
        guard tally.matched > 0 else { throw DeadLetterChoice.nothing(line) }
        return tally.failed > 0 ? .taskFailed : .done
    }

    private static func json(_ letter: DeadLetter, _ fate: DeadLetterFate) -> JSONValue {
        var object = letter.summary.object ?? JSONObject()
        var problem: JSONValue = .null
        let word: String
        switch fate {
        case .kept: word = "kept"
        case .replayed: word = "replayed"
        case .replayedAndParked: word = "replayed-and-parked"
        case .edited: word = "edited"
        case .editedTwice: word = "edited-twice"
        case .dropped: word = "dropped"
        case .failed(let reason):
            word = "failed"
            problem = .string(reason)
        }
        object["fate"] = .string(word)
        object["problem"] = problem
        return .object(object)
    }
}
