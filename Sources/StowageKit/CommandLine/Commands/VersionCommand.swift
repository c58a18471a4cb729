import StrictCoding

/// `stowage version`.
enum VersionCommand: Subcommand {
    /// As in `CHANGELOG.md`.
    static let version = "0.1.0"

    static let specification = CommandSpecification(
        name: "version", summary: "Show the version", options: [CommonOption.json])

    static func run(_ line: ParsedCommand, in context: CommandContext) async throws -> ExitCode {
        if line.flag(CommonOption.json.name) {
            context.console.json(["version": .string(version), "contract": 1])
        } else {
            context.console.line("stowage \(version)")
        }
        return .done
    }
}
