package import Messaging
package import Observability
package import ServiceRuntime
package import StowageContract

/// Says what happened to tasks: events to everybody, and the final one to the requester as well.
package struct NotificationService: Sendable {
    private let outbox: Outbox
    private let names: TopologyNames
    private let worker: String
    private let time: TimeSource
    private let logger: Logger
    private let unheard: Metric

    package init(
        outbox: Outbox, names: TopologyNames, worker: String, time: TimeSource, logger: Logger,
        metrics: MetricsRegistry
    ) {
        self.outbox = outbox
        self.names = names
        self.worker = worker
        self.time = time
        self.logger = logger
        self.unheard = metrics.counter("stowage_events_unheard_total")
    }

    /// Publishes the event and returns when it is confirmed.
    ///
    /// A final event that no queue takes is counted and logged: it was said, and nobody listens.
    package func announce(
        _ happening: TaskEvent.Happening, of identity: TaskIdentity, _ envelope: TaskEnvelope, for delivery: Delivery
    ) async throws(Outbox.DeliveryLost) {
        let message = self.message(happening.withoutConfidences, of: identity, envelope)
        let outcome = try await outbox.publish(message, mustBeRouted: false, for: delivery)
        if case .returned = outcome {
            unheard.increment()
            logger.info("no queue is bound for this event", [LogField("event.id", message.properties.messageID ?? "")])
        }
    }

    /// Tells how far a running task has come, for the `part`-th time in this delivery; waits for nobody's answer but the
    /// broker's, and does not mind when there is none.
    package func tellProgress(
        _ part: Int, done: Int64, total: Int64?, of identity: TaskIdentity, _ envelope: TaskEnvelope
    ) async {
        var message = self.message(.progress(bytesDone: done, bytesTotal: total), of: identity, envelope, part: part)
        message.properties.isPersistent = false
        await outbox.offer(message)
    }

    /// An event about a driver, as it happens now.
    package func event(_ happening: DriverEvent.Happening, about driver: DriverName) -> DriverEvent {
        DriverEvent(
            source: names.eventSource, time: time.now, driver: driver, worker: worker, happening: happening)
    }

    /// Publishes an event about a driver and returns when it is confirmed.
    package func announce(_ event: DriverEvent) async throws(Outbox.DeliveryLost) {
        var properties = MessageProperties()
        properties.contentType = StowageEvent.contentType
        properties.messageID = event.id
        properties.correlationID = event.driver.text
        properties.type = event.type.rawValue
        properties.appID = "stowage"
        properties.timestamp = event.time.millisecondsSinceEpoch / 1000
        try await outbox.publish(
            OutgoingMessage(
                exchange: names.events, routingKey: event.routingKey, isMandatory: false, properties: properties,
                body: event.encoded()))
    }

    /// Sends the final event to the requester; a requester that is gone does not matter.
    package func reply(
        _ happening: TaskEvent.Happening, of identity: TaskIdentity, _ envelope: TaskEnvelope, for delivery: Delivery
    ) async throws(Outbox.DeliveryLost) {
        guard let message = replyMessage(happening, of: identity, envelope, isMandatory: false) else { return }
        try await outbox.publish(message, mustBeRouted: false, for: delivery)
    }

    /// Sends the final event with what only the requester may see; `false`: nobody was there to take it.
    package func replyInConfidence(
        _ happening: TaskEvent.Happening, of identity: TaskIdentity, _ envelope: TaskEnvelope, for delivery: Delivery
    ) async throws(Outbox.DeliveryLost) -> Bool {
        guard let message = replyMessage(happening, of: identity, envelope, isMandatory: true) else { return false }
        return try await outbox.publish(message, mustBeRouted: false, for: delivery) == .confirmed
    }

    private func replyMessage(
        _ happening: TaskEvent.Happening, of identity: TaskIdentity, _ envelope: TaskEnvelope, isMandatory: Bool
    ) -> OutgoingMessage? {
        guard let key = envelope.replyTo, ReplyKey.isValid(key) else { return nil }
        var message = self.message(happening, of: identity, envelope)
        message.exchange = names.replies
        message.routingKey = key
        message.isMandatory = isMandatory
        message.properties.isPersistent = false
        return message
    }

    private func message(
        _ happening: TaskEvent.Happening, of identity: TaskIdentity, _ envelope: TaskEnvelope, part: Int? = nil
    ) -> OutgoingMessage {
        var event = TaskEvent(
            id: "", source: names.eventSource, time: time.now, task: identity.id, operation: identity.operation,
            driver: identity.driver, attempt: envelope.attempt, labels: identity.labels,
            requestedByUser: envelope.user, requestedByApp: envelope.app, worker: worker,
            sequence: envelope.sequence, traceparent: envelope.traceparent, tracestate: envelope.tracestate,
            happening: happening)
        event.id =
            event.type.isFinal
            ? EventID.final(task: identity.id, event.type, replay: envelope.replayed)
            : EventID.informational(
                task: identity.id, event.type, replay: envelope.replayed, sequence: envelope.sequence, part: part)
        if case .succeeded = happening, envelope.replayed > 0 {
            event.supersedes = EventID.final(task: identity.id, .failed, replay: envelope.replayed - 1)
        }
        var properties = MessageProperties()
        properties.contentType = "application/cloudevents+json"
        properties.messageID = event.id
        properties.correlationID = envelope.correlationID ?? identity.id
        properties.type = event.type.rawValue
        properties.appID = "stowage"
        properties.timestamp = event.time.millisecondsSinceEpoch / 1000
        if let traceparent = envelope.traceparent { properties.headers["traceparent"] = .string(traceparent) }
        if let tracestate = envelope.tracestate { properties.headers["tracestate"] = .string(tracestate) }
        return OutgoingMessage(
            exchange: names.events, routingKey: event.routingKey, isMandatory: event.type.isFinal,
            properties: properties, body: event.encoded())
    }
}

/// The rule for `reply-to`: the key is the secret, so it must be long and cannot name anything else.
package enum ReplyKey {
    /// 22–128 characters `[A-Za-z0-9_-]`.
    package static func isValid(_ key: String) -> Bool {
        (22...128).contains(key.utf8.count)
            && key.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}

extension TaskEvent.Happening {
    /// What everybody may see: bytes and signed URLs are for the requester only.
    fileprivate var withoutConfidences: Self {
        guard case .succeeded(let result, let duration, let attempts) = self else { return self }
        switch result {
        case .retrieve(var retrieved):
            retrieved.inline = nil
            return .succeeded(.retrieve(retrieved), durationMilliseconds: duration, attempts: attempts)
        case .presign(let expiresAt, _):
            return .succeeded(
                .presign(expiresAt: expiresAt, url: nil), durationMilliseconds: duration, attempts: attempts)
        default: return self
        }
    }
}
