public import StrictCoding

extension TaskEvent {
    /// The event about a task that a message holds; members that are not known are ignored.
    ///
    /// - Parameter body: A CloudEvent in JSON.
    /// - Returns: The event.
    /// - Throws: What cannot be understood.
    public static func read(body: [UInt8]) throws(MemberProblem) -> Self {
        guard case .task(let event) = try StowageEvent.read(body: body) else {
            throw MemberProblem(path: "type", message: "is that of an event about a driver")
        }
        return event
    }

    init(_ type: EventType, _ reader: inout ObjectReader) throws(MemberProblem) {
        let dataReader = try reader.reader("data")
        var data = try reader.require("data", dataReader)
        let taskReader = try data.reader("task")
        var task = try data.require("task", taskReader)
        let operation = try task.choice("operation", as: Operation.self)
        let producer = try data.reader("requestedBy")
        self.init(
            id: try reader.requiredString("id"),
            source: try reader.requiredString("source"),
            time: try reader.requiredTimestamp("time"),
            task: try task.requiredString("id"), operation: operation,
            driver: try task.driver("driver"), attempt: Int(try task.integer("attempt") ?? 1),
            labels: try data.list("labels") { value, path throws(MemberProblem) in
                guard case .string(let label) = value else {
                    throw MemberProblem(path: path, message: "must be a string, not \(value.kind)")
                }
                return label
            },
            requestedByUser: producer?.object["user"]?.string, requestedByApp: producer?.object["app"]?.string,
            worker: try data.string("worker") ?? "", sequence: Int(try data.integer("sequence") ?? 1),
            traceparent: try reader.string("traceparent"), tracestate: try reader.string("tracestate"),
            happening: try Happening(type, operation, &data))
        supersedes = try data.string("supersedes")
    }
}

extension TaskEvent.Happening {
    fileprivate init(
        _ type: EventType, _ operation: Operation?, _ data: inout ObjectReader
    ) throws(MemberProblem) {
        switch type {
        case .succeeded:
            guard let operation else { throw data.problem("task.operation", "is missing") }
            self = .succeeded(
                try data.requiredValue("result") { value, path throws(MemberProblem) in
                    try TaskResult(of: operation, json: value, path: path)
                },
                durationMilliseconds: try data.requiredInteger("durationMilliseconds"),
                attempts: try data.list("attempts", AttemptRecord.init(json:path:)))
        case .failed:
            self = .failed(
                try data.requiredValue("error", ErrorReport.init(json:path:)),
                attempts: try data.list("attempts", AttemptRecord.init(json:path:)),
                possibleCopies: try data.drivers("possibleCopies") ?? [])
        case .cancelled: self = .cancelled(by: try data.string("by"))
        case .retrying:
            self = .retrying(
                try data.requiredValue("error", ErrorReport.init(json:path:)),
                retryAt: try data.requiredTimestamp("retryAt"))
        case .failedOver:
            self = .failedOver(
                try data.requiredValue("error", ErrorReport.init(json:path:)),
                from: try data.requiredDriver("from"), to: try data.requiredDriver("to"))
        case .progress:
            self = .progress(
                bytesDone: try data.requiredInteger("bytesDone"), bytesTotal: try data.integer("bytesTotal"))
        case .sourceKept, .driverDown, .driverUp, .driverSpaceLow:
            self = .sourceKept(reason: try data.requiredString("reason"))
        }
    }
}

extension DriverEvent {
    init(_ type: EventType, _ reader: inout ObjectReader) throws(MemberProblem) {
        let dataReader = try reader.reader("data")
        var data = try reader.require("data", dataReader)
        let happening: Happening
        switch type {
        case .driverSpaceLow:
            happening = .spaceLow(
                capacity: try data.requiredValue("capacity", StoreCapacity.init(json:path:)),
                minimumFreeBytes: try data.requiredInteger("minimumFreeBytes"))
        default:
            let since = try data.requiredTimestamp("since")
            let probe = try data.requiredValue("probe", Probe.init(json:path:))
            happening = type == .driverUp ? .up(since: since, probe: probe) : .down(since: since, probe: probe)
        }
        self.init(
            source: try reader.requiredString("source"),
            time: try reader.requiredTimestamp("time"),
            driver: try data.requiredDriver("driver"), worker: try data.string("worker") ?? "",
            happening: happening)
        id = try reader.requiredString("id")
    }
}

extension DriverEvent.Probe {
    fileprivate init(json: JSONValue, path: String) throws(MemberProblem) {
        var reader = try ObjectReader(json, path: path)
        self.init(
            milliseconds: try reader.requiredInteger("milliseconds"),
            error: try reader.value("error", ErrorReport.init(json:path:)))
    }
}
