import Sharing
import Glibc
import Observability
import ServiceRuntime
import Synchronization

/// Frees a loop thread that hangs in a call: shuts its sockets down, which ends the call within a millisecond (rule R8).
///
/// And the lane beside it from a job that blocks.
final class LoopWatchdog: Sendable {
    private let loop: EventLoopThread
    private let lane: EventLoopLane
    private let connections: [AMQPConnection]
    private let logger: Logger
    private let isStopped = Atomic<Bool>(false)

    init(loop: EventLoopThread, lane: EventLoopLane, connections: [AMQPConnection], logger: Logger) {
        self.loop = loop
        self.lane = lane
        self.connections = connections
        self.logger = logger
    }

    /// Looks every so many seconds on a thread of its own; a loop without a turn for thrice that hangs.
    func start(every seconds: Int) {
        EventLoopThread.detach(stackBytes: 256 << 10) { [weak self] in
            while true {
                // Wakes up each second to see whether it is stopped, and for the lane.
                for _ in 0..<max(1, seconds) {
                    sleep(1)
                    guard let self, !isStopped.load(ordering: .relaxed) else { return }
                    lane.relieve()
                }
                self?.look(limit: Int64(seconds) * 3000)
            }
        }
    }

    func stop() {
        isStopped.store(true, ordering: .relaxed)
    }

    private func look(limit: Int64) {
        let silence = loop.millisecondsSinceTurn
        guard silence > limit else { return }
        logger.error("the broker's loop hangs: shutting its sockets down", [LogField("milliseconds", silence)])
        for connection in connections { connection.watched.withLock { $0 }?.shutdown() }
    }
}
