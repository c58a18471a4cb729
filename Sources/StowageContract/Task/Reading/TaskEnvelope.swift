import StrictCoding

/// What came with a document that should be a task.
struct TaskEnvelope {
    var routingKey: String?
    var messageID: String?
    var isFirstDelivery = true
    var limits = TaskLimits()
    var now: Timestamp?

    /// How far `notBefore` may lie ahead, in milliseconds: 30 days.
    private static let longestWait: Int64 = 30 * 86_400_000

    /// Driver and operation as the routing key has them; `nil` where it has no two parts.
    private var key: (driver: Substring, operation: Substring)? {
        guard let routingKey, let dot = routingKey.utf8.firstIndex(of: UInt8(ascii: ".")) else { return nil }
        let rest = routingKey[routingKey.utf8.index(after: dot)...]
        return rest.utf8.contains(UInt8(ascii: ".")) ? nil : (routingKey[..<dot], rest)
    }

    func task(in document: JSONValue) throws(MemberProblem) -> StorageTask {
        var reader = try ObjectReader(document)
        let version = try reader.integer("version") ?? 1
        guard version == 1 else { throw reader.problem("version", Self.versionRule(version)) }
        let id = try id(&reader)
        let operation = try operation(&reader)
        let bodyDriver = try reader.driver("driver")
        let driver = try driver(bodyDriver, reader)
        let fallbacks = try reader.drivers("fallbacks")
        let options = try options(&reader)
        let dataReader = try reader.reader("data")
        var data = try reader.require("data", dataReader)
        try reader.finish()
        let labels = try data.labels()
        var task = StorageTask(
            id: id, driver: driver, fallbacks: fallbacks,
            data: try TaskData.read(operation, from: &data, limits: limits), options: options, labels: labels)
        task.bodyDriver = bodyDriver
        try task.checkDrivers(isFirstDelivery: isFirstDelivery)
        return task
    }

    private static func versionRule(_ version: Int64) -> String {
        "is \(version), but this worker understands only version 1"
    }

    private func id(_ reader: inout ObjectReader) throws(MemberProblem) -> TaskID {
        guard let id = try reader.taskID("id") else {
            guard let messageID else {
                throw reader.problem("id", "is missing, and the message has no message-id either")
            }
            guard let id = TaskID(messageID) else {
                throw reader.problem("id", "is missing, and the message-id \(messageID.excerpt) is no task's id")
            }
            return id
        }
        if let messageID, !messageID.hasSameBytes(as: id.text) {
            throw reader.problem("id", "is \(id.text.excerpt), but the message-id is \(messageID.excerpt)")
        }
        return id
    }

    private func operation(_ reader: inout ObjectReader) throws(MemberProblem) -> Operation {
        if let operation = try reader.choice("operation", as: Operation.self) {
            if isFirstDelivery, let key, !key.operation.utf8.elementsEqual(operation.rawValue.utf8) {
                throw reader.problem(
                    "operation", "is \(operation.rawValue), but the routing key says \(String(key.operation).excerpt)")
            }
            return operation
        }
        guard let key else {
            throw reader.problem("operation", "is missing, and the routing key names none either")
        }
        guard let operation = Operation(rawValue: String(key.operation)) else {
            throw reader.problem(
                "operation", "is missing, and the routing key names the unknown \(String(key.operation).excerpt)")
        }
        return operation
    }

    private func driver(_ inBody: DriverName?, _ reader: ObjectReader) throws(MemberProblem) -> DriverName {
        guard let key else {
            if let inBody { return inBody }
            throw reader.problem("driver", "is missing, and the routing key names none either")
        }
        if isFirstDelivery, let inBody {
            guard key.driver.utf8.elementsEqual(inBody.text.utf8) else {
                throw reader.problem(
                    "driver", "is \(inBody.text), but the routing key says \(String(key.driver).excerpt)")
            }
            return inBody
        }
        guard let driver = DriverName(String(key.driver)) else {
            throw reader.problem("driver", "in the routing key is no driver's name: \(String(key.driver).excerpt)")
        }
        return driver
    }

    private func options(_ reader: inout ObjectReader) throws(MemberProblem) -> TaskOptions {
        guard var reader = try reader.reader("options") else { return TaskOptions() }
        var options = TaskOptions()
        options.timeoutSeconds = try reader.integer("timeoutSeconds", in: 1...86_400).map { Int($0) }
        options.maxAttempts = try reader.integer("maxAttempts", in: 1...100).map { Int($0) }
        options.notBefore = try reader.timestamp("notBefore")
        options.deadline = try reader.timestamp("deadline")
        options.progress = try reader.bool("progress") ?? false
        try reader.finish()
        if let notBefore = options.notBefore {
            if let now, notBefore.millisecondsSinceEpoch - now.millisecondsSinceEpoch > Self.longestWait {
                throw reader.problem("notBefore", "must be at most 30 days ahead, not \(notBefore.text)")
            }
            if let deadline = options.deadline, deadline < notBefore {
                throw reader.problem("deadline", "must not be before options.notBefore")
            }
        }
        return options
    }

    /// `problem` as an error of the whole task, with as much of `document` as can be understood.
    func problem(_ problem: MemberProblem, in document: JSONValue?, isSentence: Bool = false) -> TaskProblem {
        let id = document?["id"]?.string.flatMap { TaskID($0) }
        let messageTaskID = messageID.flatMap { TaskID($0) }
        let operation = document?["operation"]?.string ?? key.map { String($0.operation) }
        let bodyDriver = document?["driver"]?.string.flatMap { DriverName($0) }
        var labels: [String] = []
        if let data = document?["data"]?.object {
            var reader = ObjectReader(data)
            labels = (try? reader.labels()) ?? []
        }
        let version = document?["version"]?.integer ?? 1
        let message = isSentence ? problem.message : problem.description
        return TaskProblem(
            version == 1 ? .invalidTask : .unsupported, String(message.prefixOfBytes(512)), path: problem.path,
            id: messageID == nil ? id : messageTaskID, operation: operation.flatMap { Operation(rawValue: $0) },
            driver: key.flatMap { DriverName(String($0.driver)) } ?? bodyDriver, labels: labels)
    }
}

extension ObjectReader {
    /// The labels of a task.
    mutating func labels() throws(MemberProblem) -> [String] {
        guard let elements = try array("labels") else { return [] }
        guard elements.count <= 16 else { throw problem("labels", "must have at most 16 elements") }
        var labels: [String] = []
        for (index, element) in elements.enumerated() {
            if case .string(let label) = element, label.utf8.count <= 256 {
                labels.append(label)
                continue
            }
            throw MemberProblem(
                path: MemberProblem.path(path(of: "labels"), element: index),
                message: element.string == nil
                    ? "must be a string, not \(element.kind)" : "must have at most 256 bytes")
        }
        return labels
    }
}
