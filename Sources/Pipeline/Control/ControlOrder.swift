package import Messaging
package import StowageContract
package import StrictCoding

/// A control message with what the broker knows of its sender.
package struct ControlOrder: Sendable, Equatable {
    /// Largest body that is read, in bytes.
    private static let longestBody = 4096

    package var message: ControlMessage
    /// The operator, where the broker checked one (`user-id`).
    package var by: String?
    /// As its sender says; not later than now.
    package var sentAt: Timestamp

    package init(_ message: ControlMessage, by: String? = nil, sentAt: Timestamp) {
        self.message = message
        self.by = by
        self.sentAt = sentAt
    }

    /// Reads what arrived on the control stream.
    ///
    /// Whoever may write to the exchange is obeyed; nothing else that the message claims is believed.
    package init(_ delivery: Delivery, now: Timestamp) throws(MemberProblem) {
        guard case .complete(let body) = delivery.body, body.count <= Self.longestBody else {
            throw MemberProblem(path: "", message: "is longer than \(Self.longestBody) bytes")
        }
        message = try ControlMessage.read(body: body)
        by = delivery.properties.userID
        let seconds = delivery.properties.timestamp.map { max(0, min($0, now.millisecondsSinceEpoch / 1000)) }
        sentAt = seconds.map { Timestamp(millisecondsSinceEpoch: $0 * 1000) } ?? now
    }
}
