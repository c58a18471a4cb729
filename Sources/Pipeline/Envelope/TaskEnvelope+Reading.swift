package import Messaging
import StowageContract
import StrictCoding

/// Whose worker headers are believed.
package struct HeaderTrust: Sendable, Equatable {
    /// Our own user and `broker.trustedUsers`.
    package var users: [String]

    package init(users: [String]) {
        self.users = users
    }

    func covers(_ user: String?) -> Bool {
        guard let user else { return false }
        return users.contains { $0.utf8.elementsEqual(user.utf8) }
    }
}

extension TaskEnvelope {
    /// What `delivery` says, with the headers of anybody who is not trusted left out and counted.
    package init(_ delivery: Delivery, trust: HeaderTrust) {
        self.init()
        let properties = delivery.properties
        let headers = properties.headers
        messageID = properties.messageID
        correlationID = properties.correlationID
        replyTo = properties.replyTo
        app = properties.appID
        traceparent = headers["traceparent"]?.text
        tracestate = headers["tracestate"]?.text
        isRedelivered = delivery.isRedelivered
        isTrusted = trust.covers(properties.userID)
        user = properties.userID
        guard isTrusted else {
            forgedHeaders = headers.fields.count { $0.name.hasPrefix(WorkerHeader.namespace) }
            return
        }
        func header(_ name: WorkerHeader) -> FieldValue? { headers[name.rawValue] }
        // Every copy has it.
        isCopy = header(.attempt) != nil
        user = isCopy ? header(.user)?.text : properties.userID
        attempt = max(1, header(.attempt)?.wholeNumber ?? 1)
        replayed = max(0, header(.replayed)?.wholeNumber ?? 0)
        edited = max(0, header(.edited)?.wholeNumber ?? 0)
        slice = max(0, header(.slice)?.wholeNumber ?? 0)
        checkpoint = header(.checkpoint)?.text
        firstAt = header(.firstAt)?.milliseconds
        deadline = header(.deadline)?.milliseconds
        slip = header(.slip)?.text?.split(separator: ",").compactMap { DriverName(String($0)) }
        if let text = header(.history)?.text { history = AttemptHistory(text).records }
    }
}

extension FieldValue {
    package var text: String? {
        switch self {
        case .string(let text): text
        case .bytes(let bytes): String(validating: bytes, as: UTF8.self)
        default: nil
        }
    }

    /// Integers come as any integer kind or as digits, depending on the client that wrote them.
    package var integer: Int64? {
        switch self {
        case .integer(let number): number
        case .string(let text): Int64(text)
        default: nil
        }
    }

    /// An integer small enough to count with; absurd ones are cut, so that adding to them cannot overflow.
    fileprivate var wholeNumber: Int? { integer.map { Int(min(max($0, -1), 1_000_000)) } }

    fileprivate var milliseconds: Timestamp? {
        guard let integer, (0...253_402_300_799_999).contains(integer) else { return nil }
        return Timestamp(millisecondsSinceEpoch: integer)
    }
}
