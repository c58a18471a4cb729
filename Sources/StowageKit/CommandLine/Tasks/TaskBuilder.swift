import ServiceRuntime
import StowageContract

/// Makes tasks of what a command line says.
struct TaskBuilder: Sendable {
    private let line: ParsedCommand
    private let now: Timestamp

    init(_ line: ParsedCommand, now: Timestamp) {
        self.line = line
        self.now = now
    }

    /// The task; what no worker would understand is refused before it is sent.
    func request(
        _ data: TaskData, driver: DriverName, fallbacks: [DriverName]? = nil, options: TaskOptions = TaskOptions(),
        limits: TaskLimits = TaskLimits()
    ) throws -> TaskRequest {
        let task = StorageTask(
            id: try id() ?? RandomText.taskID(now: now), driver: driver, fallbacks: fallbacks, data: data,
            options: options, labels: line.strings(CommonOption.label.name))
        do throws(TaskProblem) {
            return try TaskRequest(document: task.encoded(), id: task.id, limits: limits, now: now)
        } catch {
            throw CommandFailure(.usage, error.message)
        }
    }

    func id() throws(UsageError) -> TaskID? {
        guard let text = line.string(CommonOption.id.name) else { return nil }
        guard let id = TaskID(text) else {
            throw line.error(
                "--id must be 1 to 128 of the characters A-Z a-z 0-9 . _ : - and begin with a letter or digit")
        }
        return id
    }

    /// The driver that `--driver` names.
    func driver() throws(UsageError) -> DriverName {
        try driver(named: try line.required(CommonOption.driver.name), option: "--driver")
    }

    func driver(named text: String, option: String) throws(UsageError) -> DriverName {
        guard let name = DriverName(text) else {
            throw line.error("\(option) must be 1 to 57 of the characters a-z 0-9 -, not all and not ending in -quick")
        }
        return name
    }

    func drivers(_ option: OptionSpecification) throws(UsageError) -> [DriverName] {
        var names: [DriverName] = []
        for text in line.strings(option.name) { names.append(try driver(named: text, option: "--\(option.name)")) }
        return names
    }

    /// `--timeout`, else `standard`.
    func timeout(_ standard: Int) throws(UsageError) -> Duration {
        .seconds(try line.integer(CommonOption.timeout.name, in: 1...31_536_000) ?? standard)
    }
}
