import Foundation
import ServiceRuntime
import Testing
import TestSupport

@Suite("TimeSource", .timeLimit(.minutes(1)))
struct TimeSourceTests {
    @Test("The system's wall clock is that of everybody else")
    func wallClock() {
        let before = Int64(Date().timeIntervalSince1970 * 1000) - 1
        let now = TimeSource.system.millisecondsSinceEpoch
        let after = Int64(Date().timeIntervalSince1970 * 1000) + 1
        #expect((before...after).contains(now))
    }

    @Test("The system's sleep lasts at least as long as asked for")
    func sleep() async throws {
        let start = TimeSource.system.monotonic
        try await TimeSource.system.sleep(.milliseconds(5))
        #expect(TimeSource.system.monotonic - start >= .milliseconds(5))
    }

    @Test("A cancelled sleep throws at once", arguments: [Duration.zero, .seconds(3600)])
    func cancelled(_ duration: Duration) async {
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await TimeSource.system.sleep(duration)
        }
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("A manual clock wakes sleepers in order and moves both clocks")
    func manual() async throws {
        let clock = ManualClock(millisecondsSinceEpoch: 1000)
        let woken = Watched<[Int]>([])
        try await withThrowingTaskGroup { group in
            for seconds in [3, 1, 2] {
                group.addTask {
                    try await clock.time.sleep(.seconds(seconds))
                    woken.change { $0.append(seconds) }
                }
            }
            await clock.waitForSleepers(3)
            for seconds in 1...3 {
                clock.advance(by: .seconds(1))
                #expect(await woken.first { $0.count == seconds } == Array(1...seconds))
            }
            try await group.waitForAll()
        }
        #expect(clock.time.millisecondsSinceEpoch == 4000)
        #expect(clock.time.monotonic == .seconds(3))
    }

    @Test(
        "Milliseconds of a duration",
        arguments: [
            (Duration.zero, 0), (.milliseconds(1500), 1500), (.microseconds(1999), 1), (.milliseconds(-1500), -1500),
            (.seconds(Int64.max), Int64.max), (.seconds(Int64.min), Int64.min),
        ] as [(Duration, Int64)])
    func milliseconds(duration: Duration, expected: Int64) {
        #expect(duration.milliseconds == expected)
    }
}
