import Messaging
import Pipeline
import ServiceRuntime
import StowageContract

/// `stowage events [--filter KEY]`.
enum EventsCommand: Subcommand {
    static let specification = CommandSpecification(
        name: "events", summary: "Show events as they happen",
        options: [
            .value(
                "filter", "KEY", "only these routing keys: failed.#, *.archive.#, *.*.*.moodle", isRepeatable: true),
            .value("count", "COUNT", "end after so many"),
            .value("timeout", "SECONDS", "end after that time"),
        ] + CommonOption.connection,
        notes: [
            "Keys are OUTCOME.DRIVER.OPERATION.APP; * is one word, # any number of words. With --json each event is "
                + "written as it was published."
        ])

    static func run(_ line: ParsedCommand, in context: CommandContext) async throws -> ExitCode {
        let count = try line.integer("count", in: 1...Int.max) ?? .max
        let limit = try line.integer("timeout", in: 1...31_536_000)
        let filters = line.strings("filter").isEmpty ? ["#"] : line.strings("filter")
        let isJSON = line.flag(CommonOption.json.name)
        return try await BrokerSession.open(line, in: context) { session in
            let viewer = EventViewer(
                broker: session.broker, exchange: session.names.events, filters: filters, context: context,
                isJSON: isJSON)
            return try await withThrowingTaskGroup(of: ExitCode.self) { group in
                group.addTask { try await viewer.run(count: count) }
                if let limit {
                    group.addTask {
                        try await context.time.sleep(.seconds(limit))
                        return count == .max ? .done : .timedOut
                    }
                }
                defer { group.cancelAll() }
                return try await group.next() ?? .done
            }
        }
    }
}
