import StowageContract

/// `stowage delete KEY --driver NAME`.
enum DeleteCommand: Subcommand {
    static let specification = CommandSpecification(
        name: "delete", summary: "Delete an archive, if nothing retains it",
        arguments: [ArchiveChoice.argument],
        options: ArchiveChoice.options + [
            .flag("strict", "an archive that is not there is an error"),
            .value("reason", "TEXT", "kept in the note that the archive was deleted"),
        ] + CommonOption.task)

    static func run(_ line: ParsedCommand, in context: CommandContext) async throws -> ExitCode {
        let builder = TaskBuilder(line, now: context.now)
        let choice = try ArchiveChoice(line, builder, in: context)
        let request = try builder.request(
            .delete(DeleteData(archive: choice.reference, strict: line.flag("strict"), reason: line.string("reason"))),
            driver: choice.driver)
        return try await TaskSession.run(
            [request], of: line, in: context, timeout: builder.timeout(TaskSession.quick))
    }
}
