public import StrictCoding

extension ControlMessage {
    /// The message that a body holds, read strictly.
    ///
    /// - Parameter body: JSON: `{"command":"cancel","task"}` or `{"command":"pause|resume|drain","driver","worker"}`.
    /// - Returns: The message.
    /// - Throws: What cannot be understood; members that are not known included.
    public static func read(body: [UInt8]) throws(MemberProblem) -> Self {
        let document: JSONValue
        do throws(JSONSyntaxError) { document = try JSONParser.parse(body) } catch {
            throw MemberProblem(path: "", message: "is not JSON: \(error)")
        }
        var reader = try ObjectReader(document)
        let command = try reader.requiredString("command")
        let message: Self
        if command.hasSameBytes(as: "cancel") {
            let task = try reader.taskID("task")
            message = .cancel(try reader.require("task", task))
        } else if let consumption = ConsumptionCommand(rawValue: command) {
            let driver = try reader.driver("driver")
            let worker = try reader.string("worker")
            if let worker, !(1...longestWorkerName).contains(worker.utf8.count) {
                throw reader.problem("worker", "must be 1 to \(longestWorkerName) bytes, not \(worker.utf8.count)")
            }
            message = .consumption(consumption, driver: driver, worker: worker)
        } else {
            let hint = NearestName.of(command, among: commands).map { "; did you mean \($0)?" } ?? ""
            let known = commands.joined(separator: ", ")
            throw reader.problem("command", "must be one of \(known), not \(command.excerpt)\(hint)")
        }
        try reader.finish()
        return message
    }

    /// The message's body, every member present.
    public func encoded() -> [UInt8] { JSONWriter.bytes(of: json) }

    private var json: JSONValue {
        switch self {
        case .cancel(let task):
            JSONValue(members: ["command": .string(command), "task": .string(task.text)])
        case .consumption(_, let driver, let worker):
            JSONValue(members: [
                "command": .string(command), "driver": JSONValue(driver?.text), "worker": JSONValue(worker),
            ])
        }
    }
}
