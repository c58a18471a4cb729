import Messaging
import StowageContract
import StrictCoding

/// `stowage cancel TASK…`.
enum CancelCommand: Subcommand {
    /// Seconds that it waits by default: a task in the ladder ends when it surfaces.
    private static let patience = 60

    static let specification = CommandSpecification(
        name: "cancel", summary: "Cancel tasks wherever they are",
        arguments: [ArgumentSpecification(name: "TASK", count: .atLeastOne, summary: "ids of tasks")],
        options: [.flag("wait", letter: "w", "wait for the end of each"), CommonOption.timeout]
            + CommonOption.connection,
        notes: [
            "A task that runs stops at the next chunk and leaves nothing that shows; one that waits for another attempt, "
                + "or in a queue, ends when a worker meets it. Both end with the event 'cancelled', and nothing is "
                + "parked. What is stored already stays, and is announced as stored.",
            "Workers remember a cancellation for seven days. For that time the id stays cancelled: what is wanted again "
                + "goes out under another one.",
        ])

    static func run(_ line: ParsedCommand, in context: CommandContext) async throws -> ExitCode {
        var tasks: [TaskID] = []
        for text in line.arguments {
            guard let id = TaskID(text) else { throw line.error("TASK \(text.excerpt) is no id of a task") }
            if !tasks.contains(id) { tasks.append(id) }
        }
        let ids = tasks
        let isJSON = line.flag(CommonOption.json.name)
        let timeout = Duration.seconds(try line.integer("timeout", in: 1...31_536_000) ?? patience)
        return try await BrokerSession.open(line, in: context) { session in
            let control = ControlClient(broker: session.broker, names: session.names, time: context.time)
            guard line.flag("wait") else {
                for id in ids {
                    try await control.send(.cancel(id))
                    if isJSON {
                        context.console.json(OutcomeText.json(id: id.text, outcome: "sent", request: nil))
                    } else {
                        context.console.line("asked the workers to cancel \(id)")
                    }
                }
                return .done
            }
            let client = TaskClient(broker: session.broker, names: session.names, time: context.time)
            var codes = ExitCodes()
            let open = try await client.watch(
                ids, timeout: timeout,
                begin: { for id in ids { try await control.send(.cancel(id)) } },
                ended: { event in show(event, isJSON, context.console, &codes) })
            for id in open {
                codes.note(.timedOut)
                if isJSON { context.console.json(OutcomeText.json(id: id.text, outcome: "timed-out", request: nil)) }
                context.console.problem(
                    "task \(id) has not ended within \(timeout.components.seconds) s: it ends when a worker meets it, "
                        + "or had ended before. 'stowage events' shows it.")
            }
            return codes.worst
        }
    }

    private static func show(_ event: TaskEvent, _ isJSON: Bool, _ console: Console, _ codes: inout ExitCodes) {
        if isJSON { console.json(OutcomeText.json(event, result: nil)) }
        switch event.happening {
        case .cancelled:
            if !isJSON { console.line("cancelled \(event.task)") }
        case .failed(let error, _, _):
            codes.note(.taskFailed)
            console.problem("task \(event.task) had failed already: \(EventText.sentence(error)).")
        default:
            codes.note(.taskFailed)
            console.problem("task \(event.task) was done before it could be cancelled; its result stands.")
        }
    }
}
