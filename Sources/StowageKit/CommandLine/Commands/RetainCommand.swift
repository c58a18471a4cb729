import StowageContract

/// `stowage retain KEY --driver NAME`.
enum RetainCommand: Subcommand {
    static let specification = CommandSpecification(
        name: "retain", summary: "Keep an archive from being deleted, or end a hold",
        arguments: [ArchiveChoice.argument],
        options: ArchiveChoice.options + [
            .value("retention", "MODE:UNTIL", "governance or compliance, and a date or time: governance:2029-11-20"),
            .flag("legal-hold", "nobody may delete the archive until this task's hold is released"),
            .value("release", "ID", "end the hold that the task ID has set", isRepeatable: true),
        ] + CommonOption.task,
        notes: [
            "A retention is prolonged, never shortened. A hold bears the id of the task that set it: --id gives it a "
                + "name to remember. An archive that was stored with a hold is held by the task that stored it."
        ])

    static func run(_ line: ParsedCommand, in context: CommandContext) async throws -> ExitCode {
        let builder = TaskBuilder(line, now: context.now)
        let choice = try ArchiveChoice(line, builder, in: context)
        var releases: [TaskID] = []
        for text in line.strings("release") {
            guard let id = TaskID(text) else { throw line.error("--release \(text.debugDescription) is no task's id") }
            releases.append(id)
        }
        let data = RetainData(
            archive: choice.reference, retention: try line.retention("retention"),
            legalHold: line.flag("legal-hold") ? true : nil, releases: releases)
        guard data.retention != nil || data.legalHold != nil || !releases.isEmpty else {
            throw line.error("one of --retention, --legal-hold and --release must be given")
        }
        let request = try builder.request(.retain(data), driver: choice.driver)
        return try await TaskSession.run(
            [request], of: line, in: context, timeout: builder.timeout(TaskSession.quick))
    }
}
