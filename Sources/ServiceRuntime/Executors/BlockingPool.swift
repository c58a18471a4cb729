import Sharing
import Glibc
package import Observability

/// A bounded number of threads for calls that block: file systems, databases, libraries without an event loop.
///
/// Jobs run in the order in which they came. Threads are made on demand, up to `threads`, and kept.
public final class BlockingPool: Sendable {
    private struct State {
        /// Those from `head` on wait; the others have been taken and are `nil`.
        var jobs: [(@Sendable () -> Void)?] = []
        var head = 0
        var idle = 0
        var running = 0
        var isClosed = false

        var waiting: Int { jobs.count - head }

        mutating func next() -> (@Sendable () -> Void)? {
            guard head < jobs.count else { return nil }
            let job = jobs[head]
            jobs[head] = nil
            head += 1
            // Under constant load the queue is never empty: what has been taken must not pile up in front of it.
            if head == jobs.count {
                jobs.removeAll(keepingCapacity: jobs.capacity <= 1024)
                head = 0
            } else if head >= 64, head * 2 >= jobs.count {
                jobs.removeFirst(head)
                head = 0
            }
            return job
        }
    }

    /// At most that many threads.
    package let threads: Int
    /// Calls that still block although nobody waits for them any more: threads that are lost until they return.
    let left = Metric()
    /// Shows them.
    let gauge: Metric
    private let shared: Shared

    /// The queue with the primitives that its threads wait on.
    ///
    /// `@unchecked Sendable`: `state` is touched only with `mutex` held; mutex and condition have stable addresses for
    /// as long as the pool or one of its threads lives.
    private final class Shared: @unchecked Sendable {
        let mutex: UnsafeMutablePointer<pthread_mutex_t>
        let condition: UnsafeMutablePointer<pthread_cond_t>
        var state = State()

        init() {
            mutex = .allocate(capacity: 1)
            condition = .allocate(capacity: 1)
            pthread_mutex_init(mutex, nil)
            pthread_cond_init(condition, nil)
        }

        deinit {
            pthread_cond_destroy(condition)
            pthread_mutex_destroy(mutex)
            condition.deallocate()
            mutex.deallocate()
        }

        func work() {
            pthread_mutex_lock(mutex)
            while true {
                if let job = state.next() {
                    pthread_mutex_unlock(mutex)
                    job()
                    pthread_mutex_lock(mutex)
                } else if state.isClosed {
                    break
                } else {
                    state.idle += 1
                    pthread_cond_wait(condition, mutex)
                    state.idle -= 1
                }
            }
            state.running -= 1
            pthread_mutex_unlock(mutex)
        }
    }

    /// A pool of at most that many threads, at least one.
    public convenience init(threads: Int) {
        self.init(threads: threads, gauge: Metric())
    }

    /// A pool that tells by a gauge how many of its threads are lost.
    package init(threads: Int, gauge: Metric) {
        precondition(threads > 0, "a pool needs a thread")
        self.threads = threads
        self.gauge = gauge
        self.shared = Shared()
    }

    /// Whether every thread is lost: whatever comes now waits for one that may never return.
    package var isStuck: Bool { left.value >= threads }

    deinit {
        pthread_mutex_lock(shared.mutex)
        shared.state.isClosed = true
        pthread_cond_broadcast(shared.condition)
        pthread_mutex_unlock(shared.mutex)
    }

    /// Runs `body` on a thread of the pool and returns what it returns; waits its turn.
    ///
    /// Not interrupted by cancellation.
    public func run<Value: Sendable, Failure: Error>(
        _ body: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let result: Result<Value, Failure> = await handedOver { continuation in
            submit { continuation.resume(returning: Result(catching: body)) }
        }
        return try result.get()
    }

    func submit(_ job: @escaping @Sendable () -> Void) {
        pthread_mutex_lock(shared.mutex)
        shared.state.jobs.append(job)
        let needsThread = shared.state.idle < shared.state.waiting && shared.state.running < threads
        if needsThread { shared.state.running += 1 }
        pthread_cond_signal(shared.condition)
        pthread_mutex_unlock(shared.mutex)
        if needsThread { startThread() }
    }

    private func startThread() {
        let shared = shared
        guard SystemThread.start(name: "blocking", { shared.work() }) == nil else { return }
        // The system has no thread to spare: the ones that run go on, and a later job tries again.
        pthread_mutex_lock(shared.mutex)
        shared.state.running -= 1
        let isStuck = shared.state.running == 0
        pthread_mutex_unlock(shared.mutex)
        precondition(!isStuck, "cannot start the first thread of a pool")
    }
}
