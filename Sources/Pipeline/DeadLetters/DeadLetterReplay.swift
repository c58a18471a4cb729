package import Messaging
package import StowageContract

extension DeadLetter {
    /// The task once more, as new for its driver, with its history; `nil` where the body was not kept.
    ///
    /// Without `edited` the body is unchanged. Notes about the end are left out, and so is a wall that came from the
    /// message's expiration and has passed: whoever replays wants the task done now, and an archive read as a whole.
    package func replay(
        _ edited: EditedTask? = nil, to names: TopologyNames, as user: String, now: Timestamp
    ) -> OutgoingMessage? {
        guard let body = edited?.body ?? body, !delivery.hasOversizedHeaders else { return nil }
        var envelope = edited.map { self.edited($0) } ?? envelope
        envelope.attempt = 1
        envelope.replayed += 1
        envelope.checkpoint = nil
        if let deadline = envelope.deadline, deadline <= now { envelope.deadline = nil }
        return TaskCopy(of: delivery, body: body, envelope: envelope)
            .message(to: names.tasks, routingKey: edited?.routingKey ?? delivery.routingKey, as: user)
    }

    /// The letter with another task in it, parked as it was, and noted as edited; `nil` where it is too large.
    package func parked(
        _ edited: EditedTask, to names: TopologyNames, as user: String, now: Timestamp
    ) -> OutgoingMessage? {
        guard !delivery.hasOversizedHeaders else { return nil }
        var copy = TaskCopy(of: delivery, body: edited.body, envelope: self.edited(edited))
        if let errorCode { copy.note(.errorCode, .string(errorCode)) }
        if let errorMessage { copy.note(.error, .string(errorMessage.cut(toBytes: 2048))) }
        if let reason { copy.note(.reason, .string(reason.cut(toBytes: 2048))) }
        if let parkedAt { copy.note(.parkedAt, .integer(parkedAt.millisecondsSinceEpoch)) }
        copy.note(.editedAt, .integer(now.millisecondsSinceEpoch))
        return copy.message(to: names.dead, routingKey: edited.routingKey, as: user)
    }

    /// What workers noted, as far as it holds for the changed task.
    private func edited(_ task: EditedTask) -> TaskEnvelope {
        var envelope = envelope
        envelope.edited += 1
        // The alternatives are those of the task as it is now.
        envelope.slip = nil
        if let deadline = envelope.deadline, deadline == task.formerDeadline { envelope.deadline = nil }
        return envelope
    }
}
