package import Storage
package import StowageContract

/// Which tasks are watched, and on which terms.
///
/// What is quick and small pays nothing: an operation of the quick queue is watched only where its task wants that.
package struct TaskWatch: Sendable {
    /// The longest time without a byte moved, where the task does not say another.
    package static let noProgress: Duration = .seconds(300)
    /// The same for a look at what stands, which moves few bytes or none.
    package static let look: Duration = .seconds(60)

    private let watchdog: Watchdog
    private let notifications: NotificationService?
    private let progressInterval: Duration

    /// A watch; without `notifications` nobody is told of progress.
    package init(watchdog: Watchdog, notifications: NotificationService? = nil, progressInterval: Duration) {
        self.watchdog = watchdog
        self.notifications = notifications
        self.progressInterval = progressInterval
    }

    /// The terms for an attempt; `nil`: it is not watched.
    package func terms(for received: ReceivedTask) -> WatchTerms? {
        let options = received.task.options
        let isQuick = received.task.operation.isQuick
        if isQuick, options.timeoutSeconds == nil { return nil }
        return WatchTerms(
            noProgress: limit(of: received.task),
            // Whether a quick one was stopped before or after its effect could not be told.
            deadline: isQuick ? nil : received.deadline, progress: options.progress ? progressInterval : nil)
    }

    /// Runs an attempt on those terms.
    package func run<Value: Sendable>(
        _ received: ReceivedTask, _ terms: WatchTerms,
        _ body: @escaping @Sendable (TransferMeter) async throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        var subject = WatchSubject(task: received.task.id, driver: received.task.driver)
        if case .copy(let data) = received.task.data {
            subject.driver = data.to
            subject.place = .destination
        }
        if terms.progress != nil, let notifications {
            subject.report = { part, reading in
                await notifications.tellProgress(
                    part, done: reading.bytesDone, total: reading.bytesTotal, of: TaskIdentity(received.task),
                    received.envelope)
            }
        }
        return try await watchdog.watch(subject, terms, body)
    }

    /// Looks at something that stands on `driver` (`nil`: elsewhere), or not; a driver that hangs cannot be asked.
    package func look<Value: Sendable>(
        for task: StorageTask, on driver: DriverName?,
        _ body: @escaping @Sendable (TransferMeter) async throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        if let driver, watchdog.hangs(driver) {
            throw StorageError(.unavailable, .transient(after: nil), "a call of the driver hangs")
        }
        let terms = WatchTerms(noProgress: min(Self.look, limit(of: task)))
        return try await watchdog.watch(WatchSubject(task: task.id, driver: driver), terms, body)
    }

    /// Throws where so many calls of the driver hang that none of its slots is left.
    package func checkSlots(of storage: Storage) throws(StorageError) {
        let left = watchdog.left(on: storage.name)
        guard left < storage.settings.concurrency else {
            throw StorageError(
                .unavailable, .transient(after: nil), "every slot of the driver is held by a call that does not return",
                context: ["calls": String(left)])
        }
    }

    private func limit(of task: StorageTask) -> Duration {
        task.options.timeoutSeconds.map { .seconds($0) } ?? Self.noProgress
    }
}
