import Glibc
import Observability
import ServiceRuntime
import Synchronization
import Testing
import TestSupport

/// Looks: calls whose callers may go.
@Suite("BlockingPool, looking", .timeLimit(.minutes(1)))
struct BlockingPoolLookTests {
    enum Problem: Error, Equatable {
        case cancelled, refused
    }

    /// A door that threads wait at.
    private final class Gate: Sendable {
        private let isOpen = Atomic(false)

        func open() { isOpen.store(true, ordering: .releasing) }

        func wait() {
            while !isOpen.load(ordering: .acquiring) { usleep(200) }
        }
    }

    @Test("a value and an error come back as from any call")
    func answers() async throws {
        let pool = BlockingPool(threads: 1)
        #expect(try await pool.look(orIfCancelled: Problem.cancelled) { () throws(Problem) in 7 } == 7)
        await #expect(throws: Problem.refused) {
            try await pool.look(orIfCancelled: Problem.cancelled) { () throws(Problem) -> Void in throw .refused }
        }
    }

    @Test("a caller that is cancelled goes on; its thread is counted until the call returns")
    func left() async throws {
        let gauge = Metric()
        let pool = BlockingPool(threads: 1, gauge: gauge)
        let (gate, begun, ran) = (Gate(), Watched(false), Watched(false))
        let hung = Task {
            try await pool.look(orIfCancelled: Problem.cancelled) { () throws(Problem) -> Void in
                begun.change { $0 = true }
                gate.wait()
            }
        }
        await begun.first { $0 }
        // Waits for the thread that hangs.
        let waiting = Task {
            try await pool.look(orIfCancelled: Problem.cancelled) { () throws(Problem) -> Void in
                ran.change { $0 = true }
            }
        }
        #expect(!pool.isStuck)
        hung.cancel()
        await #expect(throws: Problem.cancelled) { try await hung.value }
        #expect(pool.isStuck && gauge.value == 1)
        waiting.cancel()
        await #expect(throws: Problem.cancelled) { try await waiting.value }
        #expect(gauge.value == 1, "a call that had not begun takes no thread")
        gate.open()
        #expect(await pool.run { true })
        #expect(!pool.isStuck && gauge.value == 0)
        #expect(!ran.value)
    }
}
