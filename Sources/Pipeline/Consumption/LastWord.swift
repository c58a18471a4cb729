package import Messaging
package import ServiceRuntime
package import StowageContract

/// Ends tasks that nobody will run any more: as succeeded where the result stands, else as failed and parked.
package struct LastWord: Sendable {
    private let worker: String
    private let broker: any MessageBroker
    private let reader: TaskReader
    private let settler: TaskSettler
    private let look: LastLook
    private let time: TimeSource

    package init(
        worker: String, broker: any MessageBroker, reader: TaskReader, settler: TaskSettler, look: LastLook,
        time: TimeSource
    ) {
        self.worker = worker
        self.broker = broker
        self.reader = reader
        self.settler = settler
        self.look = look
        self.time = time
    }

    /// Says how the task ended and settles its delivery.
    ///
    /// `received` is the task as far as it can be looked for; without it nobody is asked, and `reach` alone says where
    /// a store may stand.
    package func end(
        _ delivery: Delivery, body: [UInt8], as error: ErrorReport, _ identity: TaskIdentity,
        _ received: ReceivedTask?, _ reach: Reach
    ) async throws(Outbox.DeliveryLost) {
        var possibleCopies = identity.operation == .store ? reach.drivers : []
        if let received {
            let finding = try await find(received, reach)
            if let result = finding.result { return try await succeed(received, result, finding.removal) }
            possibleCopies = finding.unasked
        }
        let envelope = reader.envelope(delivery)
        try await settler.fail(
            error, possibleCopies: possibleCopies, identity, envelope, parkedAs: envelope, delivery, body: body)
        broker.settle(delivery, as: .acknowledge)
    }

    /// Hands a store over to `next`, unless it turns out to stand; settles its delivery.
    package func handOver(
        _ received: ReceivedTask, after error: ErrorReport, to next: DriverName, _ reach: Reach
    ) async throws(Outbox.DeliveryLost) {
        let finding = try await find(received, reach)
        if let result = finding.result { return try await succeed(received, result, finding.removal) }
        try await settler.handOver(
            received, record(received, error), error, to: next, rest: Array(received.slip.dropFirst()))
        broker.settle(received.delivery, as: .acknowledge)
    }

    private func find(_ received: ReceivedTask, _ reach: Reach) async throws(Outbox.DeliveryLost) -> LastLook.Finding {
        guard reach.isUncertain else { return LastLook.Finding() }
        let drivers = reach.drivers + received.slip.filter { !reach.drivers.contains($0) }
        let finding = await look.look(for: received, on: drivers)
        // A look that was cut short has found nothing out.
        if finding.result == nil, Task.isCancelled { throw Outbox.DeliveryLost() }
        return finding
    }

    private func succeed(
        _ received: ReceivedTask, _ result: TaskResult, _ removal: (any SourceRemoval)?
    ) async throws(Outbox.DeliveryLost) {
        let attempt = JudgedAttempt(
            verdict: .succeeded(result, removal: removal), record: record(received, nil))
        try await settler.settle(attempt, of: received)
    }

    private func record(_ received: ReceivedTask, _ error: ErrorReport?) -> AttemptRecord {
        AttemptRecord(
            number: received.envelope.sequence, driver: received.task.driver, startedAt: nil, endedAt: time.now,
            worker: worker, code: error?.code, message: error?.message, ambiguous: false)
    }
}
