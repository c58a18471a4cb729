import Sharing
import TestSupport
import Testing

@testable import Pipeline

@Suite("A question to somebody who may never answer", .timeLimit(.minutes(1)))
struct LookoutTests {
    @Test("is waited for only so long, and not asked again while it is open")
    func hangs() async {
        let clock = ManualClock()
        let gate = Watched(false)
        let asked = Watched(0)
        let lookout = Lookout<Int>(limit: .seconds(5), time: clock.time) {
            let number = asked.change { asked in
                asked += 1
                return asked
            }
            await gate.first { $0 }
            return number
        }
        for _ in 0..<2 {
            async let answer = lookout.answer()
            await clock.waitForSleepers()
            clock.advance(by: .seconds(5))
            #expect(await answer == nil)
        }
        #expect(asked.value == 1)
        // Whoever waits when the answer comes at last has it.
        async let late = lookout.answer()
        await clock.waitForSleepers()
        gate.change { $0 = true }
        #expect(await late == 1)
        #expect(await lookout.answer() == 2)
    }

    @Test("is given up by who is cancelled")
    func cancelled() async {
        let clock = ManualClock()
        let gate = Watched(false)
        let lookout = Lookout<Int>(limit: .seconds(5), time: clock.time) {
            await gate.first { $0 }
            return 1
        }
        let waiting = Task { await lookout.answer() }
        await clock.waitForSleepers()
        waiting.cancel()
        #expect(await waiting.value == nil)
        gate.change { $0 = true }
    }
}
