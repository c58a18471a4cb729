import Glibc
import ServiceRuntime
import TestSupport
import Testing

@Suite("Waiting of an event loop", .timeLimit(.minutes(1)))
struct EventWaitTests {
    /// Waits for events of one descriptor and keeps what it is told.
    private final class Source: EventSource {
        let descriptor: Int32
        let events: Int16
        let seen = Watched<[Int16]>([])

        init(_ descriptor: Int32, _ events: Int32) {
            self.descriptor = descriptor
            self.events = Int16(events)
        }

        var hasCommands: Bool { false }

        func turn(_ wait: inout EventWait) {
            for ready in wait.ready where ready.fd == descriptor { seen.change { $0.append(ready.revents) } }
            // Told once is enough: the descriptor stays ready.
            if seen.value.isEmpty { wait.until(descriptor, events: events) }
        }
    }

    @Test("the turn after a wait is told what could be written")
    func writable() async {
        var ends: [Int32] = [-1, -1]
        #expect(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        let (source, loop) = (Source(ends[1], POLLOUT), EventLoopThread())
        loop.start([source])
        defer { loop.stop() }
        #expect(await source.seen.first { !$0.isEmpty } == [Int16(POLLOUT)])
    }

    @Test("a descriptor that has hung up is told although nobody asked for that")
    func hungUp() async {
        var ends: [Int32] = [-1, -1]
        #expect(pipe(&ends) == 0)
        close(ends[1])
        defer { close(ends[0]) }
        let (source, loop) = (Source(ends[0], 0), EventLoopThread())
        loop.start([source])
        defer { loop.stop() }
        #expect(await source.seen.first { !$0.isEmpty } == [Int16(POLLHUP)])
    }
}
