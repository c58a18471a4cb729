/// One subcommand: what it takes and what it does.
protocol Subcommand: Sendable {
    static var specification: CommandSpecification { get }

    /// Does it.
    ///
    /// - Throws: `CommandFailure`, or an error that one can be made of.
    static func run(_ line: ParsedCommand, in context: CommandContext) async throws -> ExitCode
}
