import Glibc
import ServiceRuntime
import Synchronization
import Testing
import TestSupport

@Suite("BlockingPool", .timeLimit(.minutes(1)))
struct BlockingPoolTests {
    enum Refused: Error, Equatable {
        case full(Int)
    }

    /// A door that threads wait at.
    private final class Gate: Sendable {
        private let isOpen = Atomic(false)

        func open() { isOpen.store(true, ordering: .releasing) }

        func wait() {
            while !isOpen.load(ordering: .acquiring) { usleep(200) }
        }
    }

    @Test("A value comes back from a thread of the pool")
    func value() async {
        let caller = pthread_self()
        let pool = BlockingPool(threads: 1)
        let first = await pool.run { pthread_self() }
        let second = await pool.run { pthread_self() }
        #expect(first == second)
        #expect(first != caller)
    }

    @Test("Errors keep their type")
    func typedErrors() async {
        let pool = BlockingPool(threads: 1)
        do throws(Refused) {
            try await pool.run { () throws(Refused) -> Void in throw .full(3) }
            Issue.record("nothing was thrown")
        } catch {
            #expect(error == .full(3))
        }
    }

    @Test("Jobs of one thread run in the order in which they came")
    func order() async throws {
        let pool = BlockingPool(threads: 1)
        let gate = Gate()
        let ran = Watched<[Int]>([])
        let isBlocked = Watched(false)
        let blocker = Task {
            await pool.run {
                isBlocked.change { $0 = true }
                gate.wait()
            }
        }
        await isBlocked.first { $0 }
        // One caller after the other, so that the order of coming is known: each is suspended before the next starts.
        var callers: [Task<Void, Never>] = []
        for number in 0..<200 {
            let isWaiting = Watched(false)
            callers.append(
                Task { @MainActor in
                    isWaiting.change { $0 = true }
                    await pool.run { ran.change { $0.append(number) } }
                })
            await isWaiting.first { $0 }
            // Behind the caller on the main actor: runs once it has suspended in the pool.
            await Task { @MainActor in }.value
        }
        #expect(ran.value.isEmpty)
        gate.open()
        await blocker.value
        for caller in callers { await caller.value }
        #expect(ran.value == Array(0..<200))
    }

    @Test("Never more threads than allowed, and as many as allowed", arguments: [1, 4])
    func bound(threads: Int) async {
        let pool = BlockingPool(threads: threads)
        let gate = Gate()
        let running = Watched((now: 0, most: 0))
        let identities = Watched<Set<UInt>>([])
        await withTaskGroup { group in
            for _ in 0..<64 {
                group.addTask {
                    await pool.run {
                        identities.change { _ = $0.insert(UInt(pthread_self())) }
                        running.change {
                            $0.now += 1
                            $0.most = max($0.most, $0.now)
                        }
                        gate.wait()
                        running.change { $0.now -= 1 }
                    }
                }
            }
            await running.first { $0.now == threads }
            gate.open()
        }
        #expect(running.value.most == threads)
        #expect(identities.value.count == threads)
    }

    @Test("Many callers at once each get their own answer")
    func manyCallers() async {
        let pool = BlockingPool(threads: 8)
        let sum = await withTaskGroup(of: Int.self) { group in
            for number in 0..<20_000 { group.addTask { await pool.run { number } } }
            return await group.reduce(0, +)
        }
        #expect(sum == 20_000 * 19_999 / 2)
    }

    @Test("Jobs that wait when the pool goes are still run")
    func lastJobs() async {
        let gate = Gate()
        let finished = Watched(0)
        var pool: BlockingPool? = BlockingPool(threads: 1)
        let callers = (0..<10).map { _ in
            Task { [pool] in
                await pool?.run {
                    gate.wait()
                    finished.change { $0 += 1 }
                }
            }
        }
        pool = nil
        gate.open()
        for caller in callers { await caller.value }
        #expect(finished.value == 10)
    }

    @Test("What a job held is let go once it ran, though others keep the queue busy")
    func releases() async {
        final class Held: Sendable {}
        let pool = BlockingPool(threads: 1)
        weak var observed: Held?
        let gate = Gate()
        do {
            let held = Held()
            observed = held
            await pool.run { [held] in _ = held }
        }
        let busy = (0..<20).map { _ in Task { await pool.run { gate.wait() } } }
        let isGone = observed == nil
        gate.open()
        for caller in busy { await caller.value }
        #expect(isGone)
    }
}
