import StowageContract
import StrictCoding

/// Which drivers and workers a command about consuming names.
enum ConsumptionChoice {
    static func specification(
        _ command: ConsumptionCommand, _ summary: String, notes: [String]
    ) -> CommandSpecification {
        CommandSpecification(
            name: command.rawValue, summary: summary,
            arguments: [ArgumentSpecification(name: "DRIVER", count: .any, summary: "drivers; else all")],
            options: [.value("worker", "NAME", "only this worker, as its events and its log name it")]
                + CommonOption.connection,
            notes: notes + ["The last command about a driver holds, also after restarts."])
    }

    static func run(
        _ command: ConsumptionCommand, _ line: ParsedCommand, in context: CommandContext
    ) async throws -> ExitCode {
        let worker = line.string("worker")
        if let worker, !(1...ControlMessage.longestWorkerName).contains(worker.utf8.count) {
            throw line.error("--worker must be 1 to \(ControlMessage.longestWorkerName) bytes")
        }
        var drivers: [DriverName?] = []
        for text in line.arguments {
            guard let name = DriverName(text) else { throw line.error("DRIVER \(text.excerpt) is no driver's name") }
            if !drivers.contains(name) { drivers.append(name) }
        }
        if drivers.isEmpty { drivers = [nil] }
        let targets = drivers
        return try await BrokerSession.open(line, in: context) { session in
            let control = ControlClient(broker: session.broker, names: session.names, time: context.time)
            for driver in targets {
                try await control.send(.consumption(command, driver: driver, worker: worker))
                if line.flag(CommonOption.json.name) {
                    context.console.json([
                        "command": .string(command.rawValue), "driver": driver.map { .string($0.text) } ?? .null,
                        "worker": worker.map { .string($0) } ?? .null,
                    ])
                } else {
                    let who = worker.map { "worker \($0)" } ?? "all workers"
                    context.console.line(
                        "asked \(who) to \(command.rawValue) \(driver.map { "driver \($0)" } ?? "all drivers")")
                }
            }
            return .done
        }
    }
}
