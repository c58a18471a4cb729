/// Something long-running: started once, done when `run` returns.
///
/// A service that must stop cleanly awaits a `ShutdownSignal` that it was made with; cancellation of its task means
/// that it has to stop now.
package protocol Service: Sendable {
    /// Does the work until it is finished, the shutdown signal comes or the task is cancelled.
    ///
    /// - Throws: what made it impossible to go on. What is thrown after a cancellation is no failure.
    func run() async throws
}

/// A service from a closure.
package struct ClosureService: Service {
    private let body: @Sendable () async throws -> Void

    package init(_ body: @escaping @Sendable () async throws -> Void) {
        self.body = body
    }

    package func run() async throws {
        try await body()
    }
}
