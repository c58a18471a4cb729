import Pipeline
import StowageContract

/// Sends one task for a command and shows how it ends.
struct TaskSession {
    /// Seconds that commands wait by default: for what is quick, and for what moves an archive.
    static let quick = 60
    static let slow = 3600

    /// Runs the task; `presentation` is the usual one unless told.
    static func run(
        _ requests: [TaskRequest], of line: ParsedCommand, in context: CommandContext, timeout: Duration,
        presentation: TaskErrand.Presentation = .init(lines: { ResultText.lines($1, of: $0) }),
        label: @escaping (TaskEvent) -> String = { $0.task }
    ) async throws -> ExitCode {
        try await BrokerSession.open(line, in: context) { session in
            let errand = TaskErrand(
                context: context, client: TaskClient(broker: session.broker, names: session.names, time: context.time),
                isJSON: line.flag(CommonOption.json.name), timeout: timeout, presentation: presentation, label: label)
            return try await errand.run(requests)
        }
    }
}
