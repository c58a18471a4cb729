package import Messaging
package import StowageContract

/// A delivery that was understood.
///
/// A class because it is handed from step to step: a copy would retain each of its fifty texts.
package final class ReceivedTask: Sendable {
    package let delivery: Delivery
    package let body: [UInt8]
    package let envelope: TaskEnvelope
    package let task: StorageTask
    /// The alternatives left; empty for anything but `store`.
    package let slip: [DriverName]
    /// The earlier of the task's deadline and the message's expiration.
    package let deadline: Timestamp?
    package let startedAt: Timestamp

    package init(
        delivery: Delivery, body: [UInt8], envelope: TaskEnvelope, task: StorageTask, slip: [DriverName],
        deadline: Timestamp?, startedAt: Timestamp
    ) {
        self.delivery = delivery
        self.body = body
        self.envelope = envelope
        self.task = task
        self.slip = slip
        self.deadline = deadline
        self.startedAt = startedAt
    }

    /// What a copy of the message says once the attempt `record` is over.
    package func next(after record: AttemptRecord) -> TaskEnvelope {
        var next = envelope
        next.history.append(record)
        next.firstAt = next.firstAt ?? startedAt
        next.deadline = deadline
        return next
    }

    /// What a copy of the message says that goes on where this delivery stopped.
    package func nextSlice(from checkpoint: String?) -> TaskEnvelope {
        var next = envelope
        next.slice += 1
        next.checkpoint = checkpoint
        next.slip = slip
        next.firstAt = next.firstAt ?? startedAt
        next.deadline = deadline
        return next
    }

    /// The driver that the producer named: after a failover the routing key names another.
    package var sentTo: DriverName {
        task.bodyDriver ?? envelope.history.first?.driver ?? task.driver
    }

    /// All drivers that a store of this task may have reached or can reach, in the order of the slip.
    package var drivers: [DriverName] {
        envelope.earlierDrivers(than: task.driver) + [task.driver] + slip
    }
}

/// Why a delivery could not become a task.
package enum UnreadableTask: Error, Sendable {
    /// The body can be kept with the parked message.
    case refused(TaskIdentity, ErrorReport, body: [UInt8])
    /// Body or headers are too large to be published again; the delivery is rejected.
    case notRepublishable(TaskIdentity, ErrorReport)
}

/// Whom an event is about, as far as it could be understood.
package struct TaskIdentity: Sendable, Equatable {
    package var id: String
    package var operation: Operation?
    package var driver: DriverName?
    package var labels: [String]

    package init(id: String, operation: Operation? = nil, driver: DriverName? = nil, labels: [String] = []) {
        self.id = id
        self.operation = operation
        self.driver = driver
        self.labels = labels
    }

    package init(_ task: StorageTask) {
        self.init(id: task.id.text, operation: task.operation, driver: task.driver, labels: task.labels)
    }
}
