import Sharing
import Pipeline
import StowageContract

/// The dead letters that a command line names.
enum DeadLetterChoice {
    static let argument = ArgumentSpecification(name: "ID", count: .any, summary: "ids of tasks")
    static let filters: [OptionSpecification] = [
        .value("driver", letter: "d", "NAME", "only letters of this driver"),
        .value("code", "CODE", "only letters that ended with this error code"),
    ]
    static let all = OptionSpecification.flag("all", "every letter")

    /// What is named; nothing at all means every letter where `needsChoice` is not set.
    static func filter(_ line: ParsedCommand, needsChoice: Bool) throws(UsageError) -> DeadLetterFilter {
        var filter = DeadLetterFilter(ids: Set(line.arguments))
        if let text = line.string("driver") {
            guard let driver = DriverName(text) else {
                throw line.error("--driver \(text.debugDescription) is no driver's name")
            }
            filter.driver = driver
        }
        if line.string("code") != nil { filter.code = try line.choice("code", of: ErrorCode.self)?.rawValue }
        let isOpen = filter.ids.isEmpty && filter.driver == nil && filter.code == nil
        if needsChoice, isOpen, !line.flag("all") {
            throw line.error("say which: task ids, --driver, --code, or --all")
        }
        if line.flag("all"), !isOpen { throw line.error("--all excludes ids, --driver and --code") }
        return filter
    }

    /// The only letter that matches; it stays parked.
    ///
    /// - Throws: when there is none, or another one.
    static func only(
        _ filter: DeadLetterFilter, of line: ParsedCommand, in context: CommandContext, _ session: BrokerSession
    ) async throws -> DeadLetter {
        let found = Guarded<[DeadLetter]>([])
        let desk = DeadLetterDesk(broker: session.broker, names: session.names, time: context.time)
        _ = try await desk.walk(filter, limit: 2, told: { letter, _ in found.withLock { $0.append(letter) } })
        let letters = found.withLock { $0 }
        guard let letter = letters.first else { throw nothing(line) }
        guard letters.count == 1 else {
            throw line.error("more than one dead letter matches; name one by its id, and --driver or --code")
        }
        return letter
    }

    /// What to say when nothing matched.
    static func nothing(_ line: ParsedCommand) -> CommandFailure {
        CommandFailure(.taskFailed, "no dead letter matches; 'stowage dead list' shows what there is")
    }
}
