import Sharing
package import Glibc
import Synchronization

/// Something that a loop thread serves: sockets with what is to be written to them.
package protocol EventSource: AnyObject, Sendable {
    /// Does all that can be done without waiting, then says what to wait for; called on the loop's thread only.
    func turn(_ wait: inout EventWait)

    /// Whether something was handed over that the last turn did not see; called on the loop's thread before it sleeps.
    var hasCommands: Bool { get }
}

/// What a loop waits for before its next turn.
package struct EventWait: Sendable {
    package private(set) var descriptors: [pollfd] = []
    package private(set) var milliseconds: Int32 = 60_000
    /// What ended the last wait: those of its descriptors that something happened to, and what (`revents`).
    package private(set) var ready: [pollfd] = []

    /// The turn begins when `descriptor` can be read.
    package mutating func untilReadable(_ descriptor: Int32) {
        until(descriptor, events: Int16(POLLIN))
    }

    /// The turn begins when one of the events of `poll` happens to `descriptor`; `ready` then has it.
    package mutating func until(_ descriptor: Int32, events: Int16) {
        descriptors.append(pollfd(fd: descriptor, events: events, revents: 0))
    }

    /// The turn begins after that time at the latest.
    package mutating func atMost(milliseconds: Int64) {
        self.milliseconds = Int32(clamping: min(max(0, milliseconds), Int64(self.milliseconds)))
    }

    fileprivate mutating func poll() {
        let count = descriptors.withUnsafeMutableBufferPointer { descriptors in
            Glibc.poll(descriptors.baseAddress, nfds_t(descriptors.count), milliseconds)
        }
        ready.removeAll(keepingCapacity: true)
        if count > 0 { ready.append(contentsOf: descriptors.lazy.filter { $0.revents != 0 }) }
    }

    fileprivate mutating func reset() {
        descriptors.removeAll(keepingCapacity: true)
        milliseconds = 60_000
    }
}

/// A thread that alternates between the jobs of the actors on it and the turns of its event sources.
///
/// It lives from `start` until `stop`; jobs that come later are never run.
package final class EventLoopThread: SerialExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
        var isStopping = false
    }

    private let state = Guarded(State())
    private let isSleeping = Atomic<Bool>(false)
    private let lastTurn = Atomic<Int64>(0)
    private let thread = Atomic<UInt>(0)
    /// A pipe: `eventfd` would be one descriptor less, but Glibc's module does not have it.
    private let wakeReader: Int32
    private let wakeWriter: Int32

    package init() {
        var ends: [Int32] = [-1, -1]
        precondition(pipe(&ends) == 0, "cannot make a pipe: \(errno)")
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        wakeReader = ends[0]
        wakeWriter = ends[1]
        lastTurn.store(Self.now, ordering: .relaxed)
    }

    deinit {
        close(wakeReader)
        close(wakeWriter)
    }

    /// Starts the thread; it keeps itself and the sources alive until `stop`.
    package func start(_ sources: [any EventSource], stackBytes: Int = 16 << 20) {
        Self.detach(stackBytes: stackBytes) { self.run(sources) }
    }

    /// The thread ends after the turn that it is in.
    package func stop() {
        state.withLock { $0.isStopping = true }
        wake()
    }

    /// Lets the loop turn soon; costs a system call only when it sleeps.
    package func wake() {
        if isSleeping.exchange(false, ordering: .sequentiallyConsistent) {
            var byte: UInt8 = 1
            _ = write(wakeWriter, &byte, 1)
        }
    }

    /// How long the turn it is in has lasted, or how long it has slept.
    package var millisecondsSinceTurn: Int64 { Self.now - lastTurn.load(ordering: .relaxed) }

    /// Milliseconds of the clock that never goes back.
    package static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { $0.jobs.append(job) }
        wake()
    }

    package func checkIsolated() {
        precondition(isCurrent, "not on the thread of this event loop")
    }

    package func isIsolatingCurrentContext() -> Bool? { isCurrent }

    /// Whether the caller runs on this loop's thread.
    package var isCurrent: Bool { thread.load(ordering: .relaxed) == UInt(pthread_self()) }

    private func run(_ sources: [any EventSource]) {
        thread.store(UInt(pthread_self()), ordering: .relaxed)
        var wait = EventWait()
        while true {
            let (jobs, isStopping) = state.withLock { state in
                let jobs = state.jobs
                state.jobs.removeAll(keepingCapacity: true)
                return (jobs, state.isStopping)
            }
            if isStopping {
                // The system may give the number to another thread.
                thread.store(0, ordering: .relaxed)
                return
            }
            for job in jobs { job.runSynchronously(on: asUnownedSerialExecutor()) }
            wait.reset()
            for source in sources { source.turn(&wait) }
            sleep(&wait, sources)
            lastTurn.store(Self.now, ordering: .relaxed)
        }
    }

    private func sleep(_ wait: inout EventWait, _ sources: [any EventSource]) {
        // Said first and looked after: whoever hands something over in between is either seen or writes to the pipe.
        isSleeping.store(true, ordering: .sequentiallyConsistent)
        let isBusy =
            state.withLock { !$0.jobs.isEmpty || $0.isStopping } || sources.contains { $0.hasCommands }
        if isBusy { wait.atMost(milliseconds: 0) }
        wait.untilReadable(wakeReader)
        wait.poll()
        isSleeping.store(false, ordering: .sequentiallyConsistent)
        // The pipe is the last one asked for.
        if let last = wait.ready.last, last.fd == wakeReader {
            var bytes: UInt64 = 0
            while read(wakeReader, &bytes, 8) == 8 {}
        }
    }

    /// Runs `body` on a thread of its own that nobody waits for.
    package static func detach(stackBytes: Int, _ body: @escaping @Sendable () -> Void) {
        final class Body: Sendable {
            let run: @Sendable () -> Void
            init(_ run: @escaping @Sendable () -> Void) { self.run = run }
        }
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setstacksize(&attributes, stackBytes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        defer { pthread_attr_destroy(&attributes) }
        // The thread owns the retained body and releases it when it ends.
        let argument = Unmanaged.passRetained(Body(body)).toOpaque()
        var thread = pthread_t()
        let code = pthread_create(
            &thread, &attributes,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, argument)
        precondition(code == 0, "cannot start a thread: \(code)")
    }
}
