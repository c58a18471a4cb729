import StowageContract

/// `stowage list --driver NAME`.
enum ListCommand: Subcommand {
    static let specification = CommandSpecification(
        name: "list", summary: "List the archives of a driver, in the order of their keys",
        arguments: [
            ArgumentSpecification(name: "PREFIX", count: .optional, summary: "only keys that begin with it")
        ],
        options: [
            .value("driver", letter: "d", "NAME", "the driver that holds the archives", isRequired: true),
            .value("after", "KEY", "only keys behind this one: where an earlier list ended"),
            .value("limit", "COUNT", "at most so many, 1 to 1000 (100)"),
        ] + CommonOption.task)

    static func run(_ line: ParsedCommand, in context: CommandContext) async throws -> ExitCode {
        let builder = TaskBuilder(line, now: context.now)
        let data = ListData(
            prefix: line.arguments.first ?? "", after: line.string("after"),
            limit: try line.integer("limit", in: 1...1000) ?? 100)
        let request = try builder.request(.list(data), driver: builder.driver())
        return try await TaskSession.run(
            [request], of: line, in: context, timeout: builder.timeout(TaskSession.quick))
    }
}
