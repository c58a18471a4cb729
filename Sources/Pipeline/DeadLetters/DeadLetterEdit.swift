package import StowageContract
package import StrictCoding
import Messaging

/// What an operator changes in parked tasks.
package struct DeadLetterEdit: Sendable {
    /// One change of the document.
    package enum Change: Sendable {
        case set(JSONPointer, JSONValue)
        case remove(JSONPointer)
    }

    /// The whole document; `nil`: the letter's own.
    package var document: [UInt8]?
    /// In order.
    package var changes: [Change]
    /// Another driver for the task.
    package var driver: DriverName?
    package var limits: TaskLimits

    package init(
        document: [UInt8]? = nil, changes: [Change] = [], driver: DriverName? = nil, limits: TaskLimits = TaskLimits()
    ) {
        self.document = document
        self.changes = changes
        self.driver = driver
        self.limits = limits
    }

    /// Why a letter cannot be changed like that.
    package struct Refused: Error {
        package var reason: String
    }

    /// The letter's task with the changes; `nil`: they change nothing.
    ///
    /// The id stays, for it says which task this is; the routing key follows driver and operation.
    package func applied(to letter: DeadLetter, now: Timestamp) throws(Refused) -> EditedTask? {
        guard let original = letter.body, !letter.delivery.hasOversizedHeaders else {
            throw Refused(reason: "the message is too large to be published again")
        }
        let former = try? JSONParser.parse(original)
        var value = try document.map { bytes throws(Refused) in try Self.parse(bytes) } ?? former
        guard value != nil else {
            throw Refused(
                reason: "its body is no JSON, so there is nothing to change in it: give the whole with --file")
        }
        for change in changes { try apply(change, to: &value) }
        if let driver { try apply(.set(JSONPointer(["driver"]), .string(driver.text)), to: &value) }
        guard case .object(let object)? = value else { throw Refused(reason: "a task is a JSON object") }

        let key = TaskKey(letter.delivery.routingKey)
        let written = object["driver"]?.string
        let isMoved = written.map { $0.utf8.elementsEqual((former?["driver"]?.string ?? "").utf8) } == false
        let target = isMoved ? written : key.driver?.text ?? written
        let operation = object["operation"]?.string ?? key.operation?.rawValue
        let isAsGiven = document != nil && changes.isEmpty && driver == nil
        let body = isAsGiven ? document ?? [] : JSONWriter.bytes(of: .object(object))
        let task = try read(body, target.flatMap { target in operation.map { "\(target).\($0)" } }, letter, now)
        guard !letter.hasOwnID || task.id.text.utf8.elementsEqual(letter.id.utf8) else {
            throw Refused(reason: "its id must stay \(letter.id): another id is another task")
        }
        let routingKey = "\(task.driver).\(task.operation.rawValue)"
        if routingKey.utf8.elementsEqual(letter.delivery.routingKey.utf8),
            body == original || former.map({ JSONWriter.bytes(of: $0) }) == JSONWriter.bytes(of: .object(object))
        {
            return nil
        }
        let formerTask = try? read(original, letter.delivery.routingKey, letter, now)
        return EditedTask(body: body, routingKey: routingKey, formerDeadline: formerTask?.options.deadline)
    }

    private func read(
        _ body: [UInt8], _ routingKey: String?, _ letter: DeadLetter, _ now: Timestamp
    ) throws(Refused) -> StorageTask {
        do throws(TaskProblem) {
            // As its replay will be read: a copy, whose routing key says who runs it.
            return try StorageTask.read(
                body: body, routingKey: routingKey, messageID: letter.delivery.properties.messageID,
                isFirstDelivery: false, limits: limits, now: now)
        } catch {
            throw Refused(reason: "no worker would understand it: \(error.message)")
        }
    }

    private func apply(_ change: Change, to value: inout JSONValue?) throws(Refused) {
        do throws(JSONPointer.Astray) {
            switch change {
            case .set(let pointer, let new): try pointer.set(new, in: &value)
            case .remove(let pointer): try pointer.set(nil, in: &value)
            }
        } catch {
            throw Refused(reason: error.description)
        }
    }

    private static func parse(_ bytes: [UInt8]) throws(Refused) -> JSONValue {
        do throws(JSONSyntaxError) { return try JSONParser.parse(bytes) } catch {
            throw Refused(reason: "what it should become is no JSON: \(error)")
        }
    }
}
