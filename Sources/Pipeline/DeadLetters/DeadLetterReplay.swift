package import Messaging
package import StowageContract

extension DeadLetter {
    /// The task once more, as new for its driver, with its history; `nil` where the body was not kept.
    ///
    /// The body is unchanged, notes about the end are left out. A wall that came from the message's expiration and has
    /// passed is left out too: whoever replays wants the task done now.
    package func replay(to names: TopologyNames, as user: String, now: Timestamp) -> OutgoingMessage? {
        guard let body, !delivery.hasOversizedHeaders else { return nil }
        var envelope = envelope
        envelope.attempt = 1
        envelope.replayed += 1
        if let deadline = envelope.deadline, deadline <= now { envelope.deadline = nil }
        return TaskCopy(of: delivery, body: body, envelope: envelope)
            .message(to: names.tasks, routingKey: delivery.routingKey, as: user)
    }
}
