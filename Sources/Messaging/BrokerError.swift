/// Why the broker did not do what was asked.
package struct BrokerError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure, by what the caller can do.
    package enum Kind: String, Sendable, CaseIterable {
        /// No connection, or it was lost before the answer: the message may or may not have been taken. Try again.
        case disconnected
        /// The broker took the message and refused it (`basic.nack`: queue full or unavailable). Try again later.
        case refused
        /// The exchange or queue does not exist. An administrator must act.
        case notFound
        /// The queue exists, and the broker cannot serve it for now: it is starting, or a node is down. Try again later.
        case unavailable
        /// The user may not do this. An administrator must act.
        case accessRefused
        /// The object exists with other arguments.
        case preconditionFailed
        /// The message cannot be written as AMQP: a text over 255 bytes, headers over 32 KiB. Never try again.
        case invalidMessage
        /// The broker was closed by us.
        case closed
        /// Anything else.
        case unexpected
    }

    package var kind: Kind
    /// One sentence; no credentials.
    package var message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    package var description: String { "\(kind.rawValue): \(message)" }
}
