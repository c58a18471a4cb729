import Glibc
import Sharing
import Synchronization

/// A thread beside an event loop for the tasks that work on what the loop receives and give back what it shall send.
///
/// Both sides hand over in batches: what the loop makes ready in one turn wakes the thread once, and what the jobs ask of
/// the loop wakes it once for many of them. On the pool each of these steps would be a wake-up of its own.
///
/// Not the loop itself: a job that blocks, against its duty, would keep the loop from its sockets and heartbeats. Here it
/// only keeps the other jobs waiting, and `relieve` ends that with a second thread. The thread starts with the first
/// job; jobs that come after `stop` are run as well.
package final class EventLoopLane: TaskExecutor, EventSource {
    private struct State {
        /// Those from `head` on wait.
        var jobs: [UnownedJob] = []
        var head = 0
        /// Which thread's turn it is; one that was relieved finds another number here.
        var runner = 0
        var hasRunner = false
        var threads = 0
        var isStopping = false
        /// Jobs begun, and how many there were when somebody last looked.
        var begun: UInt64 = 0
        var seen: UInt64 = 0

        mutating func next() -> UnownedJob? {
            guard head < jobs.count else { return nil }
            let job = jobs[head]
            head += 1
            begun += 1
            if head == jobs.count {
                jobs.removeAll(keepingCapacity: true)
                head = 0
            } else if head >= 1024, head * 2 >= jobs.count {
                jobs.removeFirst(head)
                head = 0
            }
            return job
        }

        /// Whether a thread must be started for what waits.
        mutating func needsRunner() -> Bool {
            if hasRunner || head == jobs.count { return false }
            hasRunner = true
            threads += 1
            return true
        }
    }

    /// Jobs after which the loop hears of what they asked for although more are waiting.
    private static let batch = 32
    /// Threads at most, those that hang in a job included.
    private static let threadLimit = 64

    private let loop: EventLoopThread
    private let state = Monitor(State())
    /// What the loop's own thread made ready in this turn; only that thread comes here.
    private let madeReady = Guarded<[UnownedJob]>([])
    /// The thread whose turn it is.
    private let current = Atomic<UInt>(0)
    private let owesWake = Atomic<Bool>(false)

    package init(beside loop: EventLoopThread) {
        self.loop = loop
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if loop.isCurrent {
            madeReady.withLock { $0.append(job) }
        } else {
            push([job])
        }
    }

    /// Lets the loop turn soon: at once, or after the jobs of this batch where one of them asks.
    package func wakeLoop() {
        if current.load(ordering: .relaxed) == UInt(pthread_self()) {
            owesWake.store(true, ordering: .relaxed)
        } else {
            loop.wake()
        }
    }

    package var hasCommands: Bool { false }

    /// The end of the loop's turn: the lane is the last of its sources.
    package func turn(_ wait: inout EventWait) {
        let jobs = madeReady.withLock { jobs in
            let ready = jobs
            jobs.removeAll(keepingCapacity: true)
            return ready
        }
        if !jobs.isEmpty { push(jobs) }
    }

    /// Called about every second: where a job has taken all the time since the last call while others waited, another
    /// thread goes on with those.
    package func relieve() {
        let runner = state.withLock { state -> Int? in
            defer { state.seen = state.begun }
            guard state.hasRunner, state.seen == state.begun, state.head < state.jobs.count,
                state.threads < Self.threadLimit
            else { return nil }
            state.runner += 1
            state.threads += 1
            return state.runner
        }
        payWake()
        if let runner { start(runner) }
    }

    /// The thread ends when nothing waits any more.
    package func stop() {
        state.withLock { $0.isStopping = true }
        state.signal()
    }

    private func push(_ jobs: [UnownedJob]) {
        let runner = state.withLock { state -> Int? in
            state.jobs.append(contentsOf: jobs)
            return state.needsRunner() ? state.runner : nil
        }
        if let runner { start(runner) } else { state.signal() }
    }

    private func start(_ runner: Int) {
        EventLoopThread.detach(stackBytes: 8 << 20) { self.run(as: runner) }
    }

    private func run(as runner: Int) {
        enum Step {
            case run(UnownedJob)
            case rest
            case end
        }
        current.store(UInt(pthread_self()), ordering: .relaxed)
        var count = 0
        while true {
            let hasWorked = count > 0
            let step = state.wait { state -> Step? in
                if state.runner != runner {
                    state.threads -= 1
                    return .end
                }
                if let job = state.next() { return .run(job) }
                // First the loop hears of what the jobs asked for.
                if hasWorked { return .rest }
                guard state.isStopping else { return nil }
                state.hasRunner = false
                state.threads -= 1
                return .end
            }
            switch step {
            case .run(let job):
                job.runSynchronously(on: asUnownedTaskExecutor())
                count += 1
                if count < Self.batch { continue }
            case .rest: break
            case .end:
                // The system may give the number to another thread.
                _ = current.compareExchange(expected: UInt(pthread_self()), desired: 0, ordering: .relaxed)
                // What its last job asked for, and the signal that woke it, may be for its successor.
                payWake()
                state.signal()
                return
            }
            count = 0
            payWake()
        }
    }

    private func payWake() {
        if owesWake.exchange(false, ordering: .relaxed) { loop.wake() }
    }
}
