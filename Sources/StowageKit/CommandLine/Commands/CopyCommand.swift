import StowageContract

/// `stowage copy KEY --driver NAME --to NAME`.
enum CopyCommand: Subcommand {
    static let specification = CommandSpecification(
        name: "copy", summary: "Copy an archive to another driver",
        arguments: [ArchiveChoice.argument],
        options: ArchiveChoice.options + [
            .value("to", "NAME", "the driver that gets the copy; one of the peers of --driver", isRequired: true),
            .value("path", "PATH", "a folder for a key of the copy's own; else it keeps the archive's key"),
            .flag("remove-source", "remove the archive once its copy is announced, if nothing retains it"),
        ] + CommonOption.task,
        notes: [
            "The copy is retained and held as the archive is. An archive that is missing at its place is repaired by "
                + "copying it back from a copy; one that is damaged is deleted first, or copied with --path where a "
                + "retention forbids that."
        ])

    static func run(_ line: ParsedCommand, in context: CommandContext) async throws -> ExitCode {
        let builder = TaskBuilder(line, now: context.now)
        let choice = try ArchiveChoice(line, builder, in: context)
        let target = try builder.driver(named: try line.required("to"), option: "--to")
        let data = CopyData(
            archive: choice.reference, to: target, path: line.string("path"),
            removeSource: line.flag("remove-source"))
        let showsProgress = context.console.errorOutput.isInteractive && !line.flag(CommonOption.json.name)
        let request = try builder.request(
            .copy(data), driver: choice.driver, options: TaskOptions(progress: showsProgress))
        let name = choice.name
        return try await TaskSession.run(
            [request], of: line, in: context, timeout: builder.timeout(TaskSession.slow), label: { _ in name })
    }
}
