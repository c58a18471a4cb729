import StowageContract

/// `stowage task FILE.json|-`.
enum TaskCommand: Subcommand {
    static let specification = CommandSpecification(
        name: "task", summary: "Send any task",
        arguments: [
            ArgumentSpecification(name: "FILE", summary: "one task in JSON, or one per line; - is standard input")
        ],
        options: [
            .flag("wait", letter: "w", "wait for the end of each"), CommonOption.timeout,
        ] + CommonOption.connection,
        notes: [
            "A task goes out as it is written, after a check that a worker will understand it; one without an id gets "
                + "one in the message. Of several lines, those that are wrong are named, and the others are sent."
        ])

    static func run(_ line: ParsedCommand, in context: CommandContext) async throws -> ExitCode {
        let access = try BrokerAccess(line, in: context)
        let builder = TaskBuilder(line, now: context.now)
        let timeout = try builder.timeout(TaskSession.slow)
        let file = line.arguments[0]
        let bytes = file == "-" ? context.input : try InputFile(file).chunks
        let documents = TaskDocuments(
            bytes, limits: access.configuration.map { TaskLimits(inlineBytes: $0.limits.inlineBytes) } ?? TaskLimits(),
            time: context.time)
        // A single task that is wrong needs no broker to say so.
        let first = await documents.next()
        guard let first else {
            try await documents.complain(line, context)
            return .usage
        }
        return try await BrokerSession.open(access, in: context) { session in
            let client = TaskClient(broker: session.broker, names: session.names, time: context.time)
            let requests = await documents.stream(beginningWith: first)
            var code: ExitCode
            if line.flag("wait") {
                let errand = TaskErrand(
                    context: context, client: client, isJSON: line.flag("json"), timeout: timeout,
                    presentation: .init(lines: { ResultText.lines($1, of: $0) }))
                code = try await errand.run(requests)
            } else {
                code = try await SentTasks.send(requests, by: client, of: line, in: context)
            }
            if await !documents.problems.isEmpty {
                try await documents.complain(line, context)
                if code == .done || code == .taskFailed { code = .usage }
            }
            return code
        }
    }
}
