import StowageContract

/// `stowage stat KEY --driver NAME`.
enum StatCommand: Subcommand {
    static let specification = CommandSpecification(
        name: "stat", summary: "Show what is known of an archive",
        arguments: [ArchiveChoice.argument], options: ArchiveChoice.options + CommonOption.task,
        notes: ["An archive that is not there is an answer, not an error: the exit code is 0."])

    static func run(_ line: ParsedCommand, in context: CommandContext) async throws -> ExitCode {
        let builder = TaskBuilder(line, now: context.now)
        let choice = try ArchiveChoice(line, builder, in: context)
        let request = try builder.request(.stat(choice.reference), driver: choice.driver)
        return try await TaskSession.run(
            [request], of: line, in: context, timeout: builder.timeout(TaskSession.quick))
    }
}
