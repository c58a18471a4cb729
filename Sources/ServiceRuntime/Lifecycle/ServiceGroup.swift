package import Observability

/// Everything long-running of one process: started together, ended together.
///
/// The first signal asks for a clean end (`ShutdownSignal`), the second cancels. A service that fails, or a deadline that
/// passes, ends the rest the same way.
package struct ServiceGroup {
    /// One service with its part in the group.
    package struct Member: Sendable {
        /// What its end means.
        package enum Role: Sendable {
            /// The group ends when all of these have ended; the first to return asks the others to.
            case main
            /// Serves the others (metrics, sweeps, connections): cancelled when these have ended.
            case background
        }

        package var name: String
        package var role: Role
        package var service: any Service

        package init(_ name: String, role: Role = .main, _ service: any Service) {
            self.name = name
            self.role = role
            self.service = service
        }
    }

    /// How long the group waits for services that should be ending.
    package struct Deadlines: Sendable {
        /// From the request to shut down to the cancellation.
        package var graceful: Duration
        /// From the cancellation until the process is given up.
        package var cancelled: Duration

        package init(graceful: Duration = .seconds(60), cancelled: Duration = .seconds(10)) {
            self.graceful = graceful
            self.cancelled = cancelled
        }
    }

    private let members: [Member]
    private let shutdown: ShutdownSignal
    private let signals: AsyncStream<UnixSignal>
    private let deadlines: Deadlines
    private let time: TimeSource
    private let logger: Logger
    private let abandon: @Sendable () -> Void

    /// A group.
    ///
    /// `shutdown` is the signal that the services listen to; `signals` is what the system sends
    /// (`UnixSignals.received`); `abandon` is called when services ignore their cancellation beyond the deadline, or at
    /// the third signal, and ends the process.
    package init(
        _ members: [Member], shutdown: ShutdownSignal, signals: AsyncStream<UnixSignal>,
        deadlines: Deadlines = Deadlines(), time: TimeSource = .system, logger: Logger,
        abandon: @escaping @Sendable () -> Void
    ) {
        self.members = members
        self.shutdown = shutdown
        self.signals = signals
        self.deadlines = deadlines
        self.time = time
        self.logger = logger
        self.abandon = abandon
    }

    /// Runs the services until all have ended.
    ///
    /// - Throws: `ServiceFailure` of the first service that failed; its description is the last line to print.
    package func run() async throws(ServiceFailure) {
        // Signals and not `cancelAll()`: a cancelled group could no longer wait for its deadline.
        let cancelMain = ShutdownSignal()
        let cancelBackground = ShutdownSignal()
        let failure: ServiceFailure? = await withTaskGroup(of: ServiceConduct.Happening.self) { group in
            for (number, member) in members.enumerated() {
                let cancel = member.role == .main ? cancelMain : cancelBackground
                group.addTask { await end(of: member, number: number, cancel: cancel) }
            }
            group.addTask { await nextSignal() }
            group.addTask {
                await shutdown.requested()
                return Task.isCancelled ? .nothing : .shutdownRequested
            }
            var conduct = ServiceConduct(members.map(\.role))
            while !conduct.isOver, let happening = await group.next() {
                log(happening, in: conduct.phase)
                for action in conduct.actions(after: happening) {
                    switch action {
                    case .requestShutdown: shutdown.request()
                    case .cancelMain: cancelMain.request()
                    case .cancelBackground: cancelBackground.request()
                    case .awaitSignal: group.addTask { await nextSignal() }
                    case .awaitGracefulDeadline: group.addTask { await deadline(deadlines.graceful, .gracefulDeadline) }
                    case .awaitCancelledDeadline:
                        group.addTask { await deadline(deadlines.cancelled, .cancelledDeadline) }
                    case .abandon: abandon()
                    }
                }
            }
            group.cancelAll()
            return conduct.failure.map { ServiceFailure(service: members[$0.number].name, reason: $0.reason) }
        }
        if let failure { throw failure }
    }

    private func end(of member: Member, number: Int, cancel: ShutdownSignal) async -> ServiceConduct.Happening {
        do {
            try await cancel.cancelling { try await member.service.run() }
            return .returned(number)
        } catch is CancellationError {
            return .cancelled(number)
        } catch {
            return .failed(number, reason: "\(error)")
        }
    }

    private func nextSignal() async -> ServiceConduct.Happening {
        for await signal in signals { return .signal(signal) }
        return .nothing
    }

    private func deadline(_ wait: Duration, _ happening: ServiceConduct.Happening) async -> ServiceConduct.Happening {
        do {
            try await time.sleep(wait)
            return happening
        } catch {
            return .nothing
        }
    }

    private func log(_ happening: ServiceConduct.Happening, in phase: ServiceConduct.Phase) {
        switch happening {
        case .signal(let signal): logger.info("signal received", [LogField("signal", "\(signal)")])
        case .failed(let number, let reason) where phase != .cancelling:
            logger.error(
                "service failed", [LogField("service", members[number].name), LogField("error", reason)])
        case .returned(let number):
            logger.debug("service ended", [LogField("service", members[number].name)])
        case .gracefulDeadline where phase == .stopping:
            logger.warning("services have not ended in time and are cancelled")
        case .cancelledDeadline: logger.error("services ignore their cancellation; the process ends without them")
        default: break
        }
    }
}

/// A service failed and ended its group.
package struct ServiceFailure: Error, CustomStringConvertible {
    package var service: String
    package var reason: String

    package var description: String { "service \(service) failed: \(reason)" }
}
