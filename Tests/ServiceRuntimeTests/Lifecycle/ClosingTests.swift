import Observability
import ServiceRuntime
import Testing
import TestSupport

@Suite("Closing", .timeLimit(.minutes(1)))
struct ClosingTests {
    let clock = ManualClock()
    let log = RecordingLogSink()
    let abandoned = Watched(0)

    private var closing: Closing {
        Closing(within: .seconds(15), time: clock.time, logger: log.logger) { [abandoned] in
            abandoned.change { $0 += 1 }
        }
    }

    @Test("what closes in time is waited for, and nothing is left of its deadline")
    func inTime() async {
        let isClosed = Watched(false)
        await closing.close("connections") { isClosed.change { $0 = true } }
        #expect(isClosed.value && clock.remaining.isEmpty)
        clock.advance(by: .seconds(60))
        #expect(abandoned.value == 0 && log.lines.isEmpty)
    }

    @Test("what does not is given up, by name")
    func tooLate() async {
        let isLost = Watched(true)
        async let end: Void = closing.close("storages") { await isLost.first { !$0 } }
        await clock.waitForSleepers()
        clock.advance(by: .seconds(14))
        #expect(abandoned.value == 0)
        clock.advance(by: .seconds(1))
        await abandoned.first { $0 == 1 }
        #expect(log.lines.map(\.level) == [.error] && log.lines.first?["closing"] == "storages")
        isLost.change { $0 = false }
        await end
        #expect(abandoned.value == 1)
    }
}
