import Glibc
import ServiceRuntime
import Sharing
import Synchronization
import Testing

@testable import Transfer

@Suite("Waking those who wait for a transfer", .timeLimit(.minutes(1)))
struct ExchangeWakingTests {
    private final class Count: Sendable {
        let value = Atomic(0)
    }

    @Test("and cancelling them at the same moment ends both")
    func together() async throws {
        let loop = EventLoopThread()
        defer { loop.stop() }
        let inbox = ExchangeInbox(loop: loop)
        let body = EvenBody(0)
        let request = TransferRequest("PUT", try TransferURL("http://h/"), body: .stream(body, size: nil))
        for number in 0..<200 {
            let exchange = Exchange(number, request, bufferBytes: 1, inbox: inbox)
            exchange.state.withLock { $0.outgoing.append([1]) }
            let pump = Task { await exchange.pump(body) }
            while exchange.state.withLock({ $0.pump == nil }) { await Task.yield() }
            let begun = Count()
            let (woken, cancelled) = (FirstAnswer<Void>(), FirstAnswer<Void>())
            // Both find the lock taken, and each goes on as soon as it can have it.
            exchange.state.withLock { state in
                state.outgoing.drop()
                _ = SystemThread.start(name: "waking") {
                    begun.value.add(1, ordering: .relaxed)
                    exchange.flush()
                    woken.give(())
                }
                _ = SystemThread.start(name: "cancelling") {
                    begun.value.add(1, ordering: .relaxed)
                    pump.cancel()
                    cancelled.give(())
                }
                while begun.value.load(ordering: .relaxed) < 2 { sched_yield() }
                for _ in 0..<200 { sched_yield() }
            }
            await woken.value()
            await cancelled.value()
            await pump.value
        }
    }
}
