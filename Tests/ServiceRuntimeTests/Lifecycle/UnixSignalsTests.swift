import Glibc
import ServiceRuntime
import Testing

@Suite("UnixSignals", .serialized, .timeLimit(.minutes(1)))
struct UnixSignalsTests {
    @Test("Signals arrive in order, and the stream ends with stop")
    func arrival() async {
        let signals = UnixSignals()
        var iterator = signals.received.makeAsyncIterator()
        for signal in [UnixSignal.hangUp, .interrupt, .terminate, .interrupt] {
            signals.send(signal)
            #expect(await iterator.next() == signal)
        }
        signals.stop()
        signals.stop()
        #expect(await iterator.next() == nil)
    }

    @Test("A process that waits for them is not killed by them")
    func ownProcess() async {
        await #expect(processExitsWith: .exitCode(7)) {
            UnixSignals.block()
            let signals = UnixSignals()
            var iterator = signals.received.makeAsyncIterator()
            // To this thread, which has them blocked, and not to the process: the test's runtime has older threads.
            signals.send(.terminate)
            guard await iterator.next() == .terminate else { exit(1) }
            signals.stop()
            // SIGPIPE is ignored everywhere.
            raise(SIGPIPE)
            exit(7)
        }
    }
}
