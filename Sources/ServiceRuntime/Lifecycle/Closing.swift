package import Observability

/// The end of what the services of a process stood on: connections, libraries, threads.
///
/// A process that was told to end ends. Nothing that has been said depends on an orderly close: what was not settled
/// comes again.
package struct Closing: Sendable {
    private let limit: Duration
    private let time: TimeSource
    private let logger: Logger
    private let abandon: @Sendable () -> Void

    /// `abandon` is called where a close takes longer than `limit`, and ends the process.
    package init(
        within limit: Duration = .seconds(15), time: TimeSource = .system, logger: Logger,
        abandon: @escaping @Sendable () -> Void
    ) {
        self.limit = limit
        self.time = time
        self.logger = logger
        self.abandon = abandon
    }

    /// Closes something, called `name` in the log.
    package func close(_ name: String, _ close: () async -> Void) async {
        let overdue = Task {
            guard (try? await time.sleep(limit)) != nil else { return }
            logger.error("not closed in time; the process ends without it", [LogField("closing", name)])
            abandon()
        }
        await close()
        overdue.cancel()
        await overdue.value
    }
}
