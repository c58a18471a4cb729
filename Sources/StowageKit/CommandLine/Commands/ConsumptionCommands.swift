import StowageContract

/// `stowage pause [DRIVER…]`.
enum PauseCommand: Subcommand {
    static let specification = ConsumptionChoice.specification(
        .pause, "Stop taking tasks of drivers; what runs goes on",
        notes: ["Tasks wait in their queues. Workers that start later are paused too, until 'stowage resume'."])

    static func run(_ line: ParsedCommand, in context: CommandContext) async throws -> ExitCode {
        try await ConsumptionChoice.run(.pause, line, in: context)
    }
}

/// `stowage resume [DRIVER…]`.
enum ResumeCommand: Subcommand {
    static let specification = ConsumptionChoice.specification(
        .resume, "Take tasks of drivers again", notes: ["Ends what 'stowage pause' or 'stowage drain' began."])

    static func run(_ line: ParsedCommand, in context: CommandContext) async throws -> ExitCode {
        try await ConsumptionChoice.run(.resume, line, in: context)
    }
}

/// `stowage drain [DRIVER…]`.
enum DrainCommand: Subcommand {
    static let specification = ConsumptionChoice.specification(
        .drain, "Stop taking tasks, and log when what ran has ended",
        notes: [
            "As 'stowage pause'; a worker logs 'drained' when nothing of a driver, or nothing at all, runs any more. It "
                + "stays up and idle: end it with SIGTERM, or bring it back with 'stowage resume'."
        ])

    static func run(_ line: ParsedCommand, in context: CommandContext) async throws -> ExitCode {
        try await ConsumptionChoice.run(.drain, line, in: context)
    }
}
