import Observability
import ServiceRuntime

/// `stowage worker`.
enum WorkerCommand: Subcommand {
    static let specification = CommandSpecification(
        name: "worker", summary: "Run tasks until a signal comes",
        notes: [
            "SIGTERM and SIGINT let running tasks end (worker.gracePeriodSeconds) and return the others to their queues; "
                + "a second one ends at once."
        ])

    static func run(_ line: ParsedCommand, in context: CommandContext) async throws -> ExitCode {
        let configuration = try context.configuration(line)
        let sink = DescriptorLogSink(
            format: configuration.log.format, isColored: context.console.errorOutput.isInteractive)
        let observability = Observability(logger: Logger(sink: sink, level: configuration.log.level))
        let signals = UnixSignals()
        defer { signals.stop() }
        let worker = StowageWorker(
            configuration: configuration, factory: context.drivers, observability: observability)
        try await worker.run(signals: signals.received)
        return .done
    }
}
