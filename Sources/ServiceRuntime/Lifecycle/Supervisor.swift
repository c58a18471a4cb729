package import Observability

/// Keeps a component running: starts it again when it fails, until its policy says that this leads nowhere.
package struct Supervisor: Service {
    private let name: String
    private let policy: RestartPolicy
    private let time: TimeSource
    private let logger: Logger
    private let component: @Sendable () async throws -> Void

    /// A supervisor of `component`, which is called for each start and so makes its state anew.
    package init(
        _ name: String, policy: RestartPolicy = RestartPolicy(), time: TimeSource = .system, logger: Logger,
        component: @escaping @Sendable () async throws -> Void
    ) {
        self.name = name
        self.policy = policy
        self.time = time
        self.logger = logger
        self.component = component
    }

    /// Returns when the component returns or the task is cancelled.
    ///
    /// - Throws: `ComponentFailure` when the policy gives up; a `CancellationError`.
    package func run() async throws {
        var failures: [Duration] = []
        while true {
            do {
                return try await component()
            } catch {
                try Task.checkCancellation()
                failures = policy.recent(failures, now: time.monotonic)
                failures.append(time.monotonic)
                switch policy.decision(after: failures, now: time.monotonic) {
                case .giveUp:
                    throw ComponentFailure(
                        component: name, failures: failures.count, window: policy.window, last: error)
                case .restart(let delay):
                    logger.warning(
                        "component failed and is started again",
                        [
                            LogField("component", name), LogField("failures", failures.count),
                            LogField("delay.milliseconds", delay.milliseconds), LogField("error", "\(error)"),
                        ])
                    try await time.sleep(delay)
                }
            }
        }
    }
}

/// A component kept failing, and starting it once more would not help.
package struct ComponentFailure: Error, CustomStringConvertible {
    package var component: String
    package var failures: Int
    package var window: Duration
    package var last: any Error

    package var description: String {
        "\(component) failed \(failures) times within \(window.milliseconds / 1000) s, the last time with: \(last)"
    }
}
