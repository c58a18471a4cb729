import StowageContract

/// `stowage capacity [DRIVER…]`.
enum CapacityCommand: Subcommand {
    static let specification = CommandSpecification(
        name: "capacity", summary: "Show how much space drivers have",
        arguments: [DriverChoice.argument], options: CommonOption.task)

    static func run(_ line: ParsedCommand, in context: CommandContext) async throws -> ExitCode {
        try await DriverChoice.run(.capacity, of: line, in: context) { _ in true }
    }
}
