package import Messaging
package import StowageContract

/// The task's message again, with notes for whoever gets it: a retry, a failover, a parked task.
package struct TaskCopy: Sendable {
    /// Broker headers that must not travel on: they would fan the copy out with our rights or be misread.
    private static let stripped = [
        "CC", "BCC", "x-death", "x-delivery-count", "x-acquired-count",
    ]
    /// Headers of the producer that the contract promises to keep.
    private static let kept = ["traceparent", "tracestate"]
    private static let strippedPrefixes = ["x-first-death-", "x-last-death-", WorkerHeader.namespace]

    private let original: MessageProperties
    private let body: [UInt8]
    private var notes: [(WorkerHeader, FieldValue)] = []

    /// A copy of `delivery` carrying what `envelope` knows; the caller changes the envelope first.
    package init(of delivery: Delivery, body: [UInt8], envelope: TaskEnvelope) {
        self.original = delivery.properties
        self.body = body
        note(.attempt, .integer(Int64(envelope.attempt)))
        if let slip = envelope.slip { note(.slip, .string(slip.map(\.text).joined(separator: ","))) }
        if !envelope.history.isEmpty {
            note(.history, .string(AttemptHistory(records: envelope.history).text))
        }
        if let firstAt = envelope.firstAt { note(.firstAt, .integer(firstAt.millisecondsSinceEpoch)) }
        if let deadline = envelope.deadline { note(.deadline, .integer(deadline.millisecondsSinceEpoch)) }
        if let user = envelope.user { note(.user, .string(user)) }
        if envelope.replayed > 0 { note(.replayed, .integer(Int64(envelope.replayed))) }
        if envelope.edited > 0 { note(.edited, .integer(Int64(envelope.edited))) }
        if envelope.slice > 0 { note(.slice, .integer(Int64(envelope.slice))) }
        if let checkpoint = envelope.checkpoint { note(.checkpoint, .string(checkpoint)) }
    }

    /// Adds a header.
    package mutating func note(_ header: WorkerHeader, _ value: FieldValue) {
        notes.append((header, value))
    }

    /// Adds what a parked task says about its end.
    package mutating func note(_ error: ErrorReport, reason: String, at moment: Timestamp) {
        note(.errorCode, .string(error.code.rawValue))
        note(.error, .string(error.message.cut(toBytes: 2048)))
        note(.reason, .string(reason))
        note(.parkedAt, .integer(moment.millisecondsSinceEpoch))
    }

    /// The message, as `user` publishes it; persistent and mandatory, so that it cannot vanish unseen.
    package func message(to exchange: String, routingKey: String, as user: String) -> OutgoingMessage {
        var properties = original
        properties.userID = user
        properties.expiration = nil
        properties.isPersistent = true
        properties.headers.fields.removeAll { field in
            Self.stripped.contains(field.name) || Self.strippedPrefixes.contains { field.name.hasPrefix($0) }
        }
        for (header, value) in notes { properties.headers[header.rawValue] = value }
        // A key that was no UTF-8 has grown in the reading.
        var message = OutgoingMessage(
            exchange: exchange, routingKey: routingKey.cut(toBytes: 255), isMandatory: true, properties: properties,
            body: body)
        if (try? message.validate()) == nil {
            // With our notes the producer's own headers do not fit any more: without them the task can go on.
            message.properties.headers.fields.removeAll { field in
                !field.name.hasPrefix(WorkerHeader.namespace) && !Self.kept.contains(field.name)
            }
        }
        return message
    }
}

extension String {
    /// At most that many bytes of UTF-8, cut between code points: one character may have any number of them.
    package func cut(toBytes limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var end = utf8.index(startIndex, offsetBy: limit)
        while end > startIndex, utf8[end] & 0xC0 == 0x80 { end = utf8.index(before: end) }
        return String(self[..<end])
    }
}
