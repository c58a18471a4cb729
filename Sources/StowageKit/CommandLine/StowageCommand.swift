import ServiceRuntime

/// Takes the command line apart and hands it to a subcommand.
enum StowageCommand {
    static let parser = CommandParser(
        program: "stowage", summary: "Archive storage driven by messages: workers, and the tools around them.",
        commands: AllCommands.all.map { $0.specification }, common: [CommonOption.configuration])

    /// Whether what the line asks for ends by a signal.
    static func waitsForSignals(_ line: [String]) -> Bool {
        guard case .run(let parsed)? = try? parser.parse(line) else { return false }
        return parsed.name == WorkerCommand.specification.name
    }

    /// Does what a command line says, which comes without the name of the program.
    static func run(_ line: [String], in context: CommandContext) async -> ExitCode {
        let console = context.console
        do throws(UsageError) {
            switch try parser.parse(line) {
            case .help(let text):
                console.text(text)
                return .done
            case .run(let parsed): return await run(parsed, in: context)
            }
        } catch {
            console.problem(error.description)
            return .usage
        }
    }

    private static func run(_ line: ParsedCommand, in context: CommandContext) async -> ExitCode {
        guard let command = AllCommands.all.first(where: { $0.specification.name == line.name }) else {
            preconditionFailure("the parser only knows commands that are listed")
        }
        do {
            return try await command.run(line, in: context)
        } catch {
            let failure = CommandFailure(error)
            // These two say themselves where they come from.
            let isPlaced = error is UsageError || error is ConfigurationError
            context.console.problem(isPlaced ? failure.message : "stowage \(line.name): \(failure.message)")
            return failure.exitCode
        }
    }
}
