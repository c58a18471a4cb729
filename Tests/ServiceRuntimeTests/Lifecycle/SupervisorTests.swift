import Observability
import ServiceRuntime
import Testing
import TestSupport

@Suite("RestartPolicy")
struct RestartPolicyTests {
    static let policy = RestartPolicy(
        firstDelay: .milliseconds(200), longestDelay: .seconds(1), limit: 5, window: .seconds(60))

    @Test(
        "Delays double up to the longest, and the last failure allowed ends it",
        arguments: [
            ([60], 60, RestartPolicy.Decision.restart(after: .milliseconds(200))),
            ([59, 60], 60, .restart(after: .milliseconds(400))),
            ([58, 59, 60], 60, .restart(after: .milliseconds(800))),
            ([57, 58, 59, 60], 60, .restart(after: .seconds(1))),
            ([56, 57, 58, 59, 60], 60, .giveUp),
            ([0, 57, 58, 59, 60], 60, .restart(after: .seconds(1))),
            ([0, 1, 2, 3, 100], 100, .restart(after: .milliseconds(200))),
            ([1, 2, 3, 4, 60], 60, .giveUp),
        ] as [([Int], Int, RestartPolicy.Decision)])
    func table(failures: [Int], now: Int, decision: RestartPolicy.Decision) {
        #expect(Self.policy.decision(after: failures.map { .seconds($0) }, now: .seconds(now)) == decision)
    }

    @Test("A limit of one gives up at the first failure")
    func one() {
        #expect(RestartPolicy(limit: 1).decision(after: [.zero], now: .zero) == .giveUp)
    }

    @Test("Many failures do not overflow the delay")
    func many() {
        let policy = RestartPolicy(firstDelay: .seconds(1), longestDelay: .seconds(30), limit: 10_000)
        let failures = Array(repeating: Duration.seconds(1), count: 9_999)
        #expect(policy.decision(after: failures, now: .seconds(1)) == .restart(after: .seconds(30)))
    }
}

@Suite("Supervisor", .timeLimit(.minutes(1)))
struct SupervisorTests {
    struct Broken: Error, CustomStringConvertible {
        var description: String { "connection lost" }
    }

    let clock = ManualClock()
    let log = RecordingLogSink()
    let starts = Watched(0)

    func supervisor(limit: Int = 3, _ body: @escaping @Sendable (Int) async throws -> Void) -> Supervisor {
        Supervisor(
            "consumer",
            policy: RestartPolicy(
                firstDelay: .seconds(1), longestDelay: .seconds(8), limit: limit, window: .seconds(60)),
            time: clock.time, logger: log.logger
        ) { [starts] in
            try await body(
                starts.change {
                    $0 += 1; return $0
                })
        }
    }

    @Test("A component that fails is started again after the delay")
    func restart() async throws {
        async let end: Void = supervisor { if $0 < 3 { throw Broken() } }.run()
        for delay in [1, 2] {
            await clock.waitForSleepers()
            #expect(clock.remaining == [.seconds(delay)])
            clock.advance(by: .seconds(delay))
        }
        try await end
        #expect(starts.value == 3)
        let line = try #require(log.lines.first)
        #expect(line.level == .warning)
        #expect(line["component"] == "consumer")
        #expect(line["error"] == "connection lost")
    }

    @Test("A component that keeps failing ends with a clear last line")
    func givesUp() async throws {
        let supervisor = supervisor { _ in throw Broken() }
        let end = Task { try await supervisor.run() }
        for delay in [1, 2] {
            await clock.waitForSleepers()
            clock.advance(by: .seconds(delay))
        }
        let failure = await #expect(throws: ComponentFailure.self) { try await end.value }
        #expect(
            failure?.description == "consumer failed 3 times within 60 s, the last time with: connection lost")
        #expect(starts.value == 3)
    }

    @Test("Failures far apart are forgiven")
    func forgiven() async throws {
        let supervisor = supervisor { [clock] start in
            if start == 8 { return }
            try await clock.time.sleep(.seconds(100))
            throw Broken()
        }
        async let end: Void = supervisor.run()
        for _ in 0..<7 {
            await clock.waitForSleepers()
            clock.advance(by: .seconds(100))
            await clock.waitForSleepers()
            #expect(clock.remaining == [.seconds(1)])
            clock.advance(by: .seconds(1))
        }
        try await end
        #expect(starts.value == 8)
    }

    @Test("Cancellation is no failure")
    func cancelled() async {
        let supervisor = supervisor { [clock] _ in try await clock.time.sleep(.seconds(100)) }
        let task = Task { try await supervisor.run() }
        await clock.waitForSleepers()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(log.lines.isEmpty)
        #expect(starts.value == 1)
    }
}
