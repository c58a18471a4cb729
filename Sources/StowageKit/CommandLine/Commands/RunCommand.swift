import FileSystem
import Messaging
import Observability
import Pipeline
import ServiceRuntime
import Storage
import StowageContract

/// `stowage run FILE.json`.
enum RunCommand: Subcommand {
    static let specification = CommandSpecification(
        name: "run", summary: "Run one task here, without a broker",
        arguments: [ArgumentSpecification(name: "FILE", summary: "the task in JSON; - is standard input")],
        options: [
            .value("output", letter: "o", "FILE", "where the bytes of an inline destination go; never replaced"),
            CommonOption.json,
        ],
        notes: [
            "One attempt with the drivers of the configuration: nothing is announced, retried or parked. A source that "
                + "is to be removed is removed after the result was written."
        ])

    static func run(_ line: ParsedCommand, in context: CommandContext) async throws -> ExitCode {
        let configuration = try context.configuration(line)
        let file = line.arguments[0]
        let documents = TaskDocuments(
            file == "-" ? context.input : try InputFile(file).chunks,
            limits: TaskLimits(inlineBytes: configuration.limits.inlineBytes), time: context.time)
        guard let request = await documents.next() else {
            try await documents.complain(line, context)
            return .usage
        }
        guard await documents.next() == nil else { throw line.error("\(file) holds more than one task") }
        if let output = line.string("output") { try LocalFile.checkAbsent(output) }

        let observability = Observability(
            logger: Logger(sink: DescriptorLogSink(format: .text), level: .warning))
        let blocking = BlockingPool(threads: 4)
        let api = StorageAPI(
            factory: context.drivers, drivers: configuration.drivers,
            environment: StorageEnvironment(
                blocking: blocking, time: context.time, metrics: observability.metrics, logger: observability.logger))
        let watchdog = Watchdog(
            time: context.time, logger: observability.logger, metrics: observability.metrics)
        async let _ = watchdog.run()
        let locations = Locations(
            configuration.locationPolicy, fileServers: BundledConnectors.all, time: context.time)
        let bench = TaskBench(
            configuration: configuration, api: api, blocking: blocking, locations: locations, time: context.time,
            watchdog: watchdog)
        let code = try await run(request, on: bench, line, context)
        await locations.close()
        await api.close()
        return code
    }

    private static func run(
        _ request: TaskRequest, on bench: TaskBench, _ line: ParsedCommand, _ context: CommandContext
    ) async throws -> ExitCode {
        let console = context.console
        let isJSON = line.flag(CommonOption.json.name)
        switch await bench.attempt(request) {
        case .succeeded(let result, let event, let removal):
            var shown = result
            if let output = line.string("output"), case .retrieve(var retrieved) = result, let bytes = retrieved.inline
            {
                try LocalFile.create(output, bytes)
                retrieved.inline = nil
                shown = .retrieve(retrieved)
            }
            if isJSON {
                console.json(OutcomeText.json(event, result: shown))
            } else {
                for line in ResultText.lines(shown, of: event) { console.line(line) }
            }
            if let reason = await removal?.remove() { console.note("the source was kept: \(reason)") }
            if case .check(let checked) = result, !checked.ok { return .taskFailed }
            if case .verify(let verified) = result, verified.state != .ok { return .taskFailed }
            return .done
        case .failed(let error, let event):
            if isJSON { console.json(OutcomeText.json(event, result: nil)) }
            let hope = error.retryable ? "A worker would try again." : "Trying again would not help."
            console.problem("task \(request.id) failed: \(EventText.sentence(error)). \(hope)")
            return .taskFailed
        }
    }
}
