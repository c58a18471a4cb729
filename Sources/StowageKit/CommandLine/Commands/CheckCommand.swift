import StowageContract

/// `stowage check [DRIVER…]`.
enum CheckCommand: Subcommand {
    static let specification = CommandSpecification(
        name: "check", summary: "Have workers try out drivers, step by step",
        arguments: [DriverChoice.argument],
        options: [
            .flag("no-write", "only connect and authenticate"),
            .flag("worm", "also on a store that locks what is written: the trial archive stays until its lock ends"),
        ] + CommonOption.task,
        notes: ["The exit code is 1 when a step failed."])

    static func run(_ line: ParsedCommand, in context: CommandContext) async throws -> ExitCode {
        let data = CheckData(write: !line.flag("no-write"), worm: line.flag("worm"))
        return try await DriverChoice.run(.check(data), of: line, in: context) { result in
            guard case .check(let checked) = result else { return true }
            return checked.ok
        }
    }
}
