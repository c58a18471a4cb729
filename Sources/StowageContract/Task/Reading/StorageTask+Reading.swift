import StrictCoding

extension StorageTask {
    /// The task that a message holds.
    ///
    /// - Parameters:
    ///   - body: JSON in UTF-8.
    ///   - routingKey: `<driver>.<operation>`; says what the body leaves out.
    ///   - messageID: The property `message-id`; the task's id where the body has none.
    ///   - isFirstDelivery: Whether the message comes from the producer. In a copy that a worker published the routing
    ///     key says which driver runs it, and need not agree with the body.
    ///   - limits: What the worker takes.
    ///   - now: The time that `notBefore` is compared with.
    /// - Returns: The task, in which every rule of the contract that a message alone can break holds.
    /// - Throws: What is wrong, with as much of the task as could be understood.
    public static func read(
        body: [UInt8], routingKey: String? = nil, messageID: String? = nil, isFirstDelivery: Bool = true,
        limits: TaskLimits = TaskLimits(), now: Timestamp
    ) throws(TaskProblem) -> StorageTask {
        let envelope = TaskEnvelope(
            routingKey: routingKey, messageID: messageID, isFirstDelivery: isFirstDelivery, limits: limits, now: now)
        let document: JSONValue
        do throws(JSONSyntaxError) { document = try JSONParser.parse(body) } catch {
            throw envelope.problem(
                MemberProblem(path: "", message: "The body is not JSON: \(error)"), in: nil, isSentence: true)
        }
        return try read(document, envelope: envelope)
    }

    /// The task in a document.
    static func read(_ document: JSONValue, envelope: TaskEnvelope) throws(TaskProblem) -> StorageTask {
        do throws(MemberProblem) { return try envelope.task(in: document) } catch {
            throw envelope.problem(error, in: document)
        }
    }
}
