import StowageContract
import StrictCoding

/// How `--json` shows the end of a task: one object, every member present.
enum OutcomeText {
    /// The end that an event tells.
    static func json(_ event: TaskEvent, result: TaskResult?) -> JSONValue {
        var error: JSONValue = .null
        var attempts = 0
        var duration: JSONValue = .null
        var outcome = event.type.outcome
        switch event.happening {
        case .succeeded(_, let milliseconds, let records):
            duration = .integer(milliseconds)
            attempts = records.count
        case .failed(let report, let records, _):
            error = report.json
            attempts = records.count
        case .cancelled: outcome = "cancelled"
        case .retrying, .failedOver, .progress, .sourceKept: break
        }
        return json(
            id: event.task, outcome: outcome, operation: event.operation?.rawValue, driver: event.driver?.text,
            result: result?.json ?? .null, error: error, attempts: attempts, duration: duration)
    }

    /// An end that no event tells: `sent`, `not-sent`, `timed-out`.
    static func json(id: String, outcome: String, request: TaskRequest?) -> JSONValue {
        json(
            id: id, outcome: outcome, operation: request?.operation.rawValue, driver: request?.driver.text,
            result: .null, error: .null, attempts: 0, duration: .null)
    }

    private static func json(
        id: String, outcome: String, operation: String?, driver: String?, result: JSONValue, error: JSONValue,
        attempts: Int, duration: JSONValue
    ) -> JSONValue {
        [
            "id": .string(id), "outcome": .string(outcome), "operation": operation.map { .string($0) } ?? .null,
            "driver": driver.map { .string($0) } ?? .null, "result": result, "error": error,
            "attempts": .integer(Int64(attempts)), "durationMilliseconds": duration,
        ]
    }
}
