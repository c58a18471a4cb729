import Sharing
import Glibc
import Synchronization

/// A wish that the system sends to the process.
package enum UnixSignal: Sendable, CaseIterable {
    case terminate, interrupt, hangUp

    /// The number as the kernel knows it.
    package var number: Int32 {
        switch self {
        case .terminate: SIGTERM
        case .interrupt: SIGINT
        case .hangUp: SIGHUP
        }
    }
}

/// The signals of the process as values, taken by a thread that waits for them and nothing else.
///
/// They are blocked everywhere else: call `block()` before anything starts a thread, and only one of these may exist
/// at a time. `SIGPIPE` is ignored as well: a peer that closes is an error of the call, not the end of the process.
package final class UnixSignals: Sendable {
    private let thread: Guarded<SystemThread?>
    private let isStopping: Stop

    private final class Stop: Sendable {
        let requested = Atomic(false)
    }

    /// What came, in order; ends with `stop()`.
    package let received: AsyncStream<UnixSignal>

    /// Keeps the signals from their default action in the calling thread and every thread that it starts from now on.
    package static func block() {
        signal(SIGPIPE, SIG_IGN)
        var set = all()
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Starts to wait.
    package init() {
        let stop = Stop()
        let (stream, continuation) = AsyncStream<UnixSignal>.makeStream(bufferingPolicy: .bufferingOldest(16))
        let thread = SystemThread.start(name: "signals") {
            UnixSignals.block()
            var set = UnixSignals.all()
            while true {
                var number: Int32 = 0
                guard sigwait(&set, &number) == 0 else { continue }
                if stop.requested.load(ordering: .acquiring) { break }
                if let signal = UnixSignal.allCases.first(where: { $0.number == number }) { continuation.yield(signal) }
            }
            continuation.finish()
        }
        precondition(thread != nil, "cannot start the thread that waits for signals")
        self.thread = Guarded(thread)
        self.isStopping = stop
        self.received = stream
    }

    deinit { stop() }

    /// As if the system had sent it.
    package func send(_ signal: UnixSignal) {
        thread.withLock { $0?.send(signal.number) }
    }

    /// Ends the thread and the stream; signals stay blocked.
    package func stop() {
        thread.withLock { thread in
            isStopping.requested.store(true, ordering: .releasing)
            thread?.send(UnixSignal.terminate.number)
            thread = nil
        }
    }

    private static func all() -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in UnixSignal.allCases { sigaddset(&set, signal.number) }
        return set
    }
}
