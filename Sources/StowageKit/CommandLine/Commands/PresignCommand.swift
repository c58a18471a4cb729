import StowageContract

/// `stowage presign KEY --driver NAME`.
enum PresignCommand: Subcommand {
    static let specification = CommandSpecification(
        name: "presign", summary: "Make a URL with which an archive can be fetched for a while",
        arguments: [ArchiveChoice.argument],
        options: ArchiveChoice.options + [
            .value("expires", "SECONDS", "how long the URL works: 1 to 604800, else 3600")
        ] + CommonOption.task,
        notes: [
            "Whoever has the URL can fetch the archive. It comes in the reply to this command and stands in no event."
        ])

    static func run(_ line: ParsedCommand, in context: CommandContext) async throws -> ExitCode {
        let builder = TaskBuilder(line, now: context.now)
        let choice = try ArchiveChoice(line, builder, in: context)
        let seconds = try line.integer("expires", in: 1...604_800) ?? 3600
        let request = try builder.request(
            .presign(PresignData(archive: choice.reference, expiresSeconds: seconds)), driver: choice.driver)
        return try await TaskSession.run(
            [request], of: line, in: context, timeout: builder.timeout(TaskSession.quick))
    }
}
