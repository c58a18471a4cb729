package import StowageContract

/// The body and routing key that a parked task gets instead of its own: checked as a worker would.
package struct EditedTask: Sendable, Equatable {
    package let body: [UInt8]
    package let routingKey: String
    /// `options.deadline` as it was; it stands in the message's headers as well.
    package let formerDeadline: Timestamp?
}
