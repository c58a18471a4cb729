import Storage
import StowageContract

/// The drivers that a command is about: those that are named, else all that are configured.
enum DriverChoice {
    static let argument = ArgumentSpecification(
        name: "DRIVER", count: .any, summary: "drivers; else all that are configured")

    /// Sends one task to each driver and waits for all of them.
    static func run(
        _ data: TaskData, of line: ParsedCommand, in context: CommandContext, isGood: @escaping (TaskResult) -> Bool
    ) async throws -> ExitCode {
        let builder = TaskBuilder(line, now: context.now)
        let access = try BrokerAccess(line, in: context)
        var drivers: [DriverName] = []
        for text in line.arguments { drivers.append(try builder.driver(named: text, option: "DRIVER")) }
        if drivers.isEmpty { drivers = access.configuration?.drivers.map(\.name) ?? [] }
        guard !drivers.isEmpty else { throw line.error("DRIVER is missing: without a configuration it must be named") }
        if drivers.count > 1, line.string(CommonOption.id.name) != nil {
            throw line.error("--id needs a single DRIVER")
        }
        let requests = try drivers.map { try builder.request(data, driver: $0) }
        let timeout = try builder.timeout(TaskSession.quick)
        return try await BrokerSession.open(access, in: context) { session in
            let errand = TaskErrand(
                context: context, client: TaskClient(broker: session.broker, names: session.names, time: context.time),
                isJSON: line.flag(CommonOption.json.name), timeout: timeout,
                presentation: .init(lines: { ResultText.lines($1, of: $0) }, isGood: isGood))
            return try await errand.run(requests)
        }
    }
}
