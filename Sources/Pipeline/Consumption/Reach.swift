package import StowageContract

/// Where a task may have had its effect before somebody ends it without running it.
package struct Reach: Sendable, Equatable {
    /// Drivers that may hold its archive, in the order in which they had the task.
    package let drivers: [DriverName]
    /// Whether a worker may have worked on it at all.
    package let isUncertain: Bool

    /// What `envelope` tells; `mayHaveRunHere`: whoever consumes the queue of `driver` may have had the message too.
    package init(_ envelope: TaskEnvelope, at driver: DriverName?, mayHaveRunHere: Bool) {
        var drivers: [DriverName] = []
        for record in envelope.history where record.hasReachedItsDriver && !drivers.contains(record.driver) {
            drivers.append(record.driver)
        }
        if mayHaveRunHere, let driver, !drivers.contains(driver) { drivers.append(driver) }
        self.drivers = drivers
        isUncertain = mayHaveRunHere || envelope.hasBeenTried
    }
}
