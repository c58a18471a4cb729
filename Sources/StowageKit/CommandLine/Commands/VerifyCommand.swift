import StowageContract

/// `stowage verify KEY --driver NAME`.
enum VerifyCommand: Subcommand {
    static let specification = CommandSpecification(
        name: "verify", summary: "Read an archive and compare its digest",
        arguments: [ArchiveChoice.argument],
        options: ArchiveChoice.options + [.value("sha256", "HEX", "the digest to expect; else the stored one")]
            + CommonOption.task,
        notes: ["The exit code is 1 when the archive is damaged, missing or unreadable."])

    static func run(_ line: ParsedCommand, in context: CommandContext) async throws -> ExitCode {
        let builder = TaskBuilder(line, now: context.now)
        let choice = try ArchiveChoice(line, builder, in: context)
        let request = try builder.request(
            .verify(VerifyData(archive: choice.reference, sha256: line.string("sha256"))), driver: choice.driver,
            options: TaskOptions(progress: context.console.errorOutput.isInteractive))
        let name = choice.name
        return try await TaskSession.run(
            [request], of: line, in: context, timeout: builder.timeout(TaskSession.slow),
            presentation: .init(
                lines: { ResultText.lines($1, of: $0) },
                isGood: { result in
                    guard case .verify(let verified) = result else { return true }
                    return verified.state == .ok
                }),
            label: { _ in name })
    }
}
