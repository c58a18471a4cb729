package import StowageContract

/// What operators have asked of one worker; pure.
package struct ControlState: Sendable, Equatable {
    /// How long a cancellation holds, in milliseconds: as long as the control stream keeps it for sure.
    package static let cancellationLifetime: Int64 = 7 * 86_400_000
    /// Cancellations that are kept; beyond, the oldest are forgotten.
    package static let mostCancellations = 100_000

    /// A task that shall end.
    package struct Cancellation: Sendable, Equatable {
        /// The operator, where the broker checked one.
        package var by: String?
        package var until: Timestamp
    }

    /// Why tasks of a driver are not consumed.
    package enum Hold: Sendable, Equatable { case paused, drained }

    private struct Entry: Sendable, Equatable {
        var task: TaskID
        var until: Timestamp
    }

    private let worker: String
    private let drivers: [DriverName]
    private let mostCancellations: Int
    private var holds: [DriverName: Hold] = [:]
    private var cancellations: [TaskID: Cancellation] = [:]
    /// The same by age; an entry counts while the cancellation has the same end.
    private var ages: [Entry] = []
    private var oldest = 0
    /// Cancellations that were forgotten because there were too many.
    package private(set) var forgotten = 0

    /// The state of a worker that serves `drivers`, before it was told anything.
    package init(worker: String, drivers: [DriverName], mostCancellations: Int = Self.mostCancellations) {
        self.worker = worker
        self.drivers = drivers
        self.mostCancellations = mostCancellations
    }

    /// Takes the next order of the stream in: the last about a driver holds.
    package mutating func apply(_ order: ControlOrder, now: Timestamp) {
        switch order.message {
        case .cancel(let task): cancel(task, by: order.by, at: order.sentAt, now: now)
        case .consumption(let command, let driver, let worker):
            if let worker, !worker.utf8.elementsEqual(self.worker.utf8) { return }
            for name in drivers where driver == nil || driver == name { holds[name] = Hold(command) }
        }
    }

    private mutating func cancel(_ task: TaskID, by: String?, at moment: Timestamp, now: Timestamp) {
        let until = moment.advanced(byMilliseconds: Self.cancellationLifetime)
        guard until > now else { return }
        // A repetition may come with an older time: a cancellation is never shortened.
        if let known = cancellations[task], known.until >= until { return }
        cancellations[task] = Cancellation(by: by, until: until)
        ages.append(Entry(task: task, until: until))
        forget(now)
    }

    private mutating func forget(_ now: Timestamp) {
        while oldest < ages.count {
            let entry = ages[oldest]
            let isCurrent = cancellations[entry.task]?.until == entry.until
            if isCurrent {
                if entry.until > now {
                    guard cancellations.count > mostCancellations else { break }
                    forgotten += 1
                }
                cancellations[entry.task] = nil
            }
            oldest += 1
        }
        if oldest > 1024, oldest > ages.count / 2 {
            ages.removeFirst(oldest)
            oldest = 0
        }
    }

    /// Who cancelled a task; `nil`: nobody, or too long ago.
    package func cancellation(of task: TaskID, now: Timestamp) -> Cancellation? {
        guard let cancellation = cancellations[task], cancellation.until > now else { return nil }
        return cancellation
    }

    /// Why tasks of a driver are not consumed; `nil`: they are.
    package func hold(on driver: DriverName) -> Hold? { holds[driver] }

    /// Whether the whole worker was asked to end what it does and to take nothing more.
    package var isDrained: Bool { !drivers.isEmpty && drivers.allSatisfy { holds[$0] == .drained } }

    /// Cancellations that are kept now.
    package var cancellationCount: Int { cancellations.count }
}

extension ControlState.Hold {
    /// `nil`: tasks are consumed.
    fileprivate init?(_ command: ConsumptionCommand) {
        switch command {
        case .pause: self = .paused
        case .drain: self = .drained
        case .resume: return nil
        }
    }
}
