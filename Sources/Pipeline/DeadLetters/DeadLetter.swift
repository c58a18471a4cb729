package import Messaging
package import StowageContract
import Cryptography
import StrictCoding

/// A task that nobody will try again by itself: what its message says, for people and for a replay.
package struct DeadLetter: Sendable {
    /// The message as it was taken from the queue.
    package let delivery: Delivery
    /// The task's id as its events name it: the message's, else the body's, else one made of the body's digest.
    package let id: String
    /// An id in the body that differs from the message's.
    package let otherID: String?
    /// What workers noted; empty where the notes may be forged.
    package let envelope: TaskEnvelope
    package let driver: DriverName?
    package let operation: Operation?
    /// The code of the error that ended it; `nil` for what only the broker ended.
    package let errorCode: String?
    package let errorMessage: String?
    /// Why it was parked.
    package let reason: String?
    package let parkedAt: Timestamp?
    /// When an operator has changed it last, and who that was.
    package let editedAt: Timestamp?
    package let editedBy: String?
    /// Whether `id` stands in the message, and is not only made of its digest.
    package let hasOwnID: Bool

    package init(_ delivery: Delivery) {
        self.delivery = delivery
        let death = Death(delivery.properties.headers)
        // A worker strips `x-death` from what it parks; what the broker parked keeps its producer's headers, which the
        // operator's user must not make believable.
        let parker = death == nil ? delivery.properties.userID : nil
        envelope = TaskEnvelope(delivery, trust: HeaderTrust(users: parker.map { [$0] } ?? []))
        let key = TaskKey(delivery.routingKey)
        driver = key.driver
        operation = key.operation

        let named = delivery.properties.messageID.flatMap(TaskID.init)?.text
        let written = Self.writtenID(delivery.body)
        id = named ?? written ?? Self.digestID(delivery.body)
        hasOwnID = named != nil || written != nil
        otherID = written?.utf8.elementsEqual(id.utf8) == true ? nil : written

        guard parker != nil else {
            errorCode = nil
            errorMessage = nil
            reason = death?.reason
            parkedAt = death?.moment
            editedAt = nil
            editedBy = nil
            return
        }
        func note(_ header: WorkerHeader) -> FieldValue? { delivery.properties.headers[header.rawValue] }
        errorCode = note(.errorCode)?.text
        errorMessage = note(.error)?.text
        reason = note(.reason)?.text
        func moment(_ header: WorkerHeader) -> Timestamp? {
            note(header)?.integer.map { Timestamp(millisecondsSinceEpoch: $0) }
        }
        parkedAt = moment(.parkedAt)
        editedAt = moment(.editedAt)
        editedBy = editedAt == nil ? nil : parker
    }

    /// The body; `nil` where it was too large to be kept.
    package var body: [UInt8]? {
        if case .complete(let body) = delivery.body { body } else { nil }
    }

    /// Tells it from every other letter, those of the same task included.
    package var mark: Mark {
        Mark(
            id: id, parkedAt: parkedAt, replayed: envelope.replayed, edited: envelope.edited,
            messageID: delivery.properties.messageID)
    }

    /// What tells a letter from another.
    package struct Mark: Sendable, Hashable {
        var id: String
        var parkedAt: Timestamp?
        var replayed: Int
        var edited: Int
        var messageID: String?
    }

    private static func writtenID(_ body: Delivery.Body) -> String? {
        guard case .complete(let bytes) = body, let document = try? JSONParser.parse(bytes) else { return nil }
        return document["id"]?.string.flatMap(TaskID.init)?.text
    }

    private static func digestID(_ body: Delivery.Body) -> String {
        switch body {
        case .complete(let bytes): "sha256-" + SHA256Hasher.digest(of: bytes).hexadecimal
        case .tooLarge(let bytes): "unread-\(bytes)-bytes"
        }
    }
}

/// What the broker noted when it moved a message to a dead-letter exchange.
private struct Death {
    var reason: String
    var moment: Timestamp?

    init?(_ headers: FieldTable) {
        guard let value = headers["x-death"] else { return nil }
        guard case .array(let deaths) = value, case .table(let last) = deaths.first else {
            reason = "the broker moved it here"
            return
        }
        let queue = last["queue"]?.text ?? "a queue"
        reason = "the broker moved it here from \(queue): \(last["reason"]?.text ?? "no reason given")"
        if case .timestamp(let seconds) = last["time"], (0...253_402_300_799).contains(seconds) {
            moment = Timestamp(millisecondsSinceEpoch: seconds * 1000)
        }
    }
}
