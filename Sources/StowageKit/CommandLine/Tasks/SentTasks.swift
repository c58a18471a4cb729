import StowageContract

/// Sends tasks without waiting for their end.
enum SentTasks {
    /// Returns when the broker has all of them; `label` says what a task is about.
    static func send(
        _ requests: [TaskRequest], by client: TaskClient, of line: ParsedCommand, in context: CommandContext,
        label: (TaskRequest) -> String? = { _ in nil }
    ) async throws -> ExitCode {
        try await send(
            AsyncStream { continuation in
                for request in requests { continuation.yield(request) }
                continuation.finish()
            }, by: client, of: line, in: context, label: label)
    }

    static func send(
        _ requests: AsyncStream<TaskRequest>, by client: TaskClient, of line: ParsedCommand, in context: CommandContext,
        label: (TaskRequest) -> String? = { _ in nil }
    ) async throws -> ExitCode {
        let isJSON = line.flag(CommonOption.json.name)
        var codes = ExitCodes()
        await client.send(requests) { request, error in
            if isJSON {
                let outcome = error == nil ? "sent" : "not-sent"
                context.console.json(OutcomeText.json(id: request.id.text, outcome: outcome, request: request))
            } else if error == nil {
                let about = label(request).map { " (\($0))" } ?? ""
                context.console.line("sent \(request.id): \(request.operation.rawValue) on \(request.driver)\(about)")
            }
            if let error {
                codes.note(CommandFailure(error).exitCode)
                context.console.problem("task \(request.id) was not sent: \(error)")
            }
        }
        return codes.worst
    }
}
