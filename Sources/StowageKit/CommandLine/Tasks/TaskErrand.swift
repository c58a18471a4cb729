import ServiceRuntime
import StowageContract
import StrictCoding

/// Sends tasks, follows them, and shows what happens: what every command that waits for a task does.
struct TaskErrand {
    /// How a success is shown, and what the command's exit code makes of it.
    struct Presentation {
        /// Lines for people.
        var lines: (TaskEvent, TaskResult) -> [String]
        /// Whether the result is what was hoped for: a check may succeed as a task and say no.
        var isGood: (TaskResult) -> Bool = { _ in true }
        /// Takes the bytes of the result away before it is shown.
        ///
        /// - Throws: why they could not be put where they belong.
        var deliver: (TaskResult) throws -> TaskResult = { $0 }
    }

    let context: CommandContext
    let client: TaskClient
    let isJSON: Bool
    let timeout: Duration
    var presentation: Presentation
    /// What a task is called to people; by default its id.
    var label: (TaskEvent) -> String = { $0.task }

    private var console: Console { context.console }

    /// Sends all of `requests` and waits for the end of each.
    func run(_ requests: AsyncStream<TaskRequest>) async throws(TaskClientError) -> ExitCode {
        var codes = ExitCodes()
        var transfer = TransferDisplay(console: console, time: context.time)
        let (tasks, conclusion) = try await client.follow(requests, timeout: timeout) { news in
            switch news {
            case .sent: break
            case .unreadable(let problem):
                transfer.clear()
                console.note("an event cannot be understood: \(problem)")
            case .interrupted:
                transfer.clear()
                console.note("the connection to the broker was lost and is back: events may be missing")
            case .notSent(let request, let error):
                transfer.clear()
                codes.note(CommandFailure(error).exitCode)
                show(unsent: request, error)
            case .event(let event): show(event, &transfer, &codes)
            }
        }
        transfer.clear()
        if conclusion == .timedOut {
            codes.note(.timedOut)
            for id in tasks.openIDs { show(open: id) }
        }
        return codes.worst
    }

    /// Sends all of `requests` and waits for the end of each.
    func run(_ requests: [TaskRequest]) async throws(TaskClientError) -> ExitCode {
        try await run(
            AsyncStream { continuation in
                for request in requests { continuation.yield(request) }
                continuation.finish()
            })
    }

    private func show(_ event: TaskEvent, _ transfer: inout TransferDisplay, _ codes: inout ExitCodes) {
        if case .progress(let done, let total) = event.happening {
            if !isJSON { transfer.show(label(event), id: event.id, task: event.task, done: done, total: total) }
            return
        }
        transfer.clear()
        switch event.happening {
        case .succeeded(let result, _, _):
            codes.forgive(event.task)
            do {
                let result = try presentation.deliver(result)
                if !presentation.isGood(result) { codes.note(.taskFailed) }
                if isJSON {
                    console.json(OutcomeText.json(event, result: result))
                } else {
                    for line in presentation.lines(event, result) { console.line(line) }
                }
            } catch {
                codes.note(.taskFailed)
                console.problem(CommandFailure(error).message)
            }
        case .failed(let error, _, _):
            codes.note(.taskFailed, task: event.task)
            if isJSON { console.json(OutcomeText.json(event, result: nil)) }
            console.problem(
                "task \(event.task) failed: \(EventText.sentence(error)). \(Advice.after(error, task: event.task))")
        case .cancelled:
            codes.note(.taskFailed, task: event.task)
            if isJSON { console.json(OutcomeText.json(event, result: nil)) }
            console.problem(
                "task \(event.task) was cancelled; nothing is parked. "
                    + "Send it again, under another id, if it is still wanted.")
        case .retrying, .failedOver, .sourceKept: console.note(EventText.line(event))
        case .progress: break
        }
    }

    private func show(unsent request: TaskRequest, _ error: TaskClientError) {
        if isJSON { console.json(OutcomeText.json(id: request.id.text, outcome: "not-sent", request: request)) }
        console.problem("task \(request.id) was not sent: \(error)")
    }

    private func show(open id: String) {
        if isJSON { console.json(OutcomeText.json(id: id, outcome: "timed-out", request: nil)) }
        console.problem(
            "task \(id) has not ended within \(timeout.components.seconds) s; it goes on. "
                + "Wait longer with --timeout, or follow it with 'stowage events'.")
    }
}

/// The exit code of several tasks: the gravest counts.
struct ExitCodes {
    private var general = ExitCode.done
    private var failed: Set<String> = []

    /// Not one task failed for good or the like.
    mutating func note(_ code: ExitCode) {
        if Self.gravity(code) > Self.gravity(general) { general = code }
    }

    mutating func note(_ code: ExitCode, task: String) { failed.insert(task) }

    /// A success counts, whatever a duplicate of the task said before.
    mutating func forgive(_ task: String) { failed.remove(task) }

    var worst: ExitCode {
        var codes = self
        if !failed.isEmpty { codes.note(.taskFailed) }
        return codes.general
    }

    private static func gravity(_ code: ExitCode) -> Int {
        switch code {
        case .done: 0
        case .taskFailed: 1
        case .timedOut: 2
        case .usage: 3
        case .brokerUnreachable: 4
        }
    }
}
