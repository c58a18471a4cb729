import Pipeline
import ServiceRuntime
import Storage
import StowageContract

/// The topology that a command line describes: from the configuration, or from `--driver`.
enum TopologyChoice {
    static let options: [OptionSpecification] = [
        .value("driver", letter: "d", "NAME", "a driver; else all that are configured", isRepeatable: true),
        .value(
            "delay", "DURATION", "a delay before a retry; else the configured ones, 5s 30s 2m 10m 1h 6h",
            isRepeatable: true),
    ]

    static func topology(
        _ line: ParsedCommand, prefix: String, _ configuration: StowageConfiguration?
    ) throws(UsageError) -> Topology {
        var drivers: [DriverName] = []
        for text in line.strings("driver") {
            guard let name = DriverName(text) else {
                throw line.error(
                    "--driver must be 1 to 57 of the characters a-z 0-9 -, not all and not ending in -quick")
            }
            if !drivers.contains(name) { drivers.append(name) }
        }
        if drivers.isEmpty { drivers = configuration?.drivers.map(\.name) ?? [] }
        guard !drivers.isEmpty else {
            throw line.error("--driver is missing: without a configuration each must be named")
        }
        return Topology(prefix: prefix, drivers: drivers, levels: try levels(line, configuration))
    }

    private static func levels(
        _ line: ParsedCommand, _ configuration: StowageConfiguration?
    ) throws(UsageError) -> [RetryLevel] {
        let texts = line.strings("delay")
        if texts.isEmpty, let configuration { return configuration.retry.levels }
        var levels: [RetryLevel] = []
        for text in texts.isEmpty ? ["5s", "30s", "2m", "10m", "1h", "6h"] : texts {
            guard let delay = DurationText(text) else {
                throw line.error(
                    "--delay must be a duration such as 5s, 2m or 1h, at most 30d, not \(text.debugDescription)")
            }
            levels.append(RetryLevel(name: delay.text, milliseconds: delay.duration.milliseconds))
        }
        return levels
    }
}
