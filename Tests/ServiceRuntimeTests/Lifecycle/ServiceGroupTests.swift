import Observability
import ServiceRuntime
import Synchronization
import Testing
import TestSupport

@Suite("ServiceGroup", .timeLimit(.minutes(1)))
struct ServiceGroupTests {
    let shutdown = ShutdownSignal()
    let clock = ManualClock()
    let log = RecordingLogSink()
    let signals = AsyncStream<UnixSignal>.makeStream()
    let abandoned = Watched(false)

    struct Broken: Error, CustomStringConvertible {
        var description: String { "the socket is gone" }
    }

    func group(_ members: [ServiceGroup.Member]) -> ServiceGroup {
        ServiceGroup(
            members, shutdown: shutdown, signals: signals.stream,
            deadlines: .init(graceful: .seconds(30), cancelled: .seconds(5)), time: clock.time, logger: log.logger,
            abandon: { [abandoned] in abandoned.change { $0 = true } })
    }

    @Test("The first signal lets services finish")
    func gracefulEnd() async throws {
        let finished = Watched(false)
        async let end: Void = group([
            .init(
                "manager",
                ClosureService { [shutdown] in
                    await shutdown.requested()
                    #expect(!Task.isCancelled)
                    finished.change { $0 = true }
                })
        ]).run()
        signals.continuation.yield(.terminate)
        try await end
        #expect(finished.value)
        #expect(log.messages.contains("signal received"))
    }

    @Test("The second signal cancels services that still run")
    func secondSignal() async throws {
        async let end: Void = group([
            .init(
                "manager",
                ClosureService { [shutdown, clock] in
                    await shutdown.requested()
                    try await clock.time.sleep(.seconds(1000))
                })
        ]).run()
        signals.continuation.yield(.terminate)
        // The deadline and the service itself.
        await clock.waitForSleepers(2)
        signals.continuation.yield(.interrupt)
        try await end
    }

    @Test("A service that does not end in time is cancelled")
    func deadline() async throws {
        async let end: Void = group([
            .init("manager", ClosureService { [clock] in try await clock.time.sleep(.seconds(1000)) })
        ]).run()
        await clock.waitForSleepers(1)
        shutdown.request()
        await clock.waitForSleepers(2)
        clock.advance(by: .seconds(30))
        try await end
        #expect(log.messages.contains("services have not ended in time and are cancelled"))
    }

    @Test("A service that ignores its cancellation is abandoned")
    func abandonment() async throws {
        let release = ShutdownSignal()
        async let end: Void = group([
            .init("stubborn", ClosureService { await Task { await release.requested() }.value })
        ]).run()
        shutdown.request()
        await clock.waitForSleepers(1)
        clock.advance(by: .seconds(30))
        await clock.waitForSleepers(1)
        clock.advance(by: .seconds(5))
        await abandoned.first { $0 }
        release.request()
        try await end
    }

    @Test("A service that fails ends the group with its reason")
    func failure() async throws {
        let group = group([
            .init("broker connection", ClosureService { throw Broken() }),
            .init("manager", ClosureService { [shutdown] in await shutdown.requested() }),
        ])
        let failure = await #expect(throws: ServiceFailure.self) { try await group.run() }
        #expect(failure?.description == "service broker connection failed: the socket is gone")
        #expect(log.lines.contains { $0.level == .error && $0["service"] == "broker connection" })
    }

    @Test("Background services outlive the main ones and are cancelled then")
    func background() async throws {
        let order = Watched<[String]>([])
        let group = group([
            .init(
                "metrics", role: .background,
                ClosureService { [clock] in
                    defer { order.change { $0.append("metrics") } }
                    try await clock.time.sleep(.seconds(1000))
                }),
            .init(
                "manager",
                ClosureService { [clock] in
                    await clock.waitForSleepers()
                    order.change { $0.append("manager") }
                }),
        ])
        try await group.run()
        #expect(order.value == ["manager", "metrics"])
    }

    @Test("A group of nothing is over at once")
    func empty() async throws {
        try await group([]).run()
    }
}
