import Messaging
import Observability
import Pipeline
import ServiceRuntime
import Storage
import StowageContract
import TestSupport
import Testing

@Suite("A driver that is down", .timeLimit(.minutes(1)))
struct OutageTests {
    /// Waits until somebody sleeps exactly that long.
    private func sleeper(_ duration: Duration, count: Int = 1, in harness: PipelineHarness) async throws {
        try await require(eventually: "\(count) who sleep \(duration); there are \(harness.clock.remaining)") {
            harness.clock.remaining.count { $0 == duration } >= count
        }
    }

    private func up(_ driver: String, in harness: PipelineHarness) -> Int64? {
        harness.metrics.snapshot()
            .first { $0.name.name == "stowage_driver_up" && $0.name.labels == ["driver=\"\(driver)\""] }?.value
    }

    @Test("from the start, without fallbacks: its tasks wait in their queues until it answers")
    func pauses() async throws {
        let harness = try await PipelineHarness(fallbacks: [:], watchesDrivers: true)
        let script = try #require(harness.scripts["a"])
        script.isAway = true
        try await harness.whileWorking {
            let down = try await harness.driverEvent()
            guard case .down(let since, let probe) = down.happening else { throw UnexpectedTurn("\(down)") }
            #expect(down.driver.text == "a")
            #expect(since.millisecondsSinceEpoch == harness.clock.time.millisecondsSinceEpoch)
            #expect(probe.error?.code == .unavailable)
            #expect(probe.error?.place == .driver)
            #expect(probe.error?.driver?.text == "a")
            #expect(down.id == "a/down/\(down.time.millisecondsSinceEpoch)/w-1")
            #expect(down.routingKey == "down.a.none.none")
            #expect(up("a", in: harness) == 0)
            // Consumers begin with all their channels: what comes before they are told is tried.
            _ = await harness.log.line("worker consumes")
            try await require(eventually: "the consumers of the driver to be told") {
                ["stowage.tasks.a", "stowage.tasks.a-quick"].allSatisfy {
                    harness.server.consumingChannels(of: $0) == 0
                }
            }
            for id in ["t-1", "t-2", "t-3"] { try await harness.store(id) }
            try await harness.send(#"{"id":"q-1","data":{}}"#, key: "a.list")
            try await sleeper(.seconds(1), in: harness)
            harness.clock.advance(by: .seconds(1))
            try await sleeper(.seconds(2), in: harness)
            #expect(harness.waiting(in: "stowage.tasks.a").count == 3)
            #expect(harness.waiting(in: "stowage.tasks.a-quick").count == 1)
            script.isAway = false
            harness.clock.advance(by: .seconds(2))
            let back = try await harness.driverEvent()
            guard case .up(_, let answer) = back.happening else { throw UnexpectedTurn("\(back)") }
            #expect(answer.error == nil)
            for _ in 0..<4 {
                let event = try await harness.event()
                #expect(event.summary == "succeeded")
                #expect(event.attempts.count == 1)
            }
            #expect(up("a", in: harness) == 1)
        }
    }

    @Test("found out by its tasks: they wait as well, and no attempt is lost to it")
    func foundOut() async throws {
        let harness = try await PipelineHarness(fallbacks: [:], watchesDrivers: true)
        let script = try #require(harness.scripts["a"])
        try await harness.whileWorking {
            // Both have been probed at the start and are up.
            try await sleeper(DriverWatch.patrolInterval, count: 2, in: harness)
            script.isAway = true
            let ids = (0..<12).map { "t-\($0)" }
            for id in ids { try await harness.store(id) }
            guard case .down = try await harness.driverEvent().happening else { throw UnexpectedTurn("no down") }
            // Those who found out have gone to the ladder, the others wait in a queue that nobody reads.
            let queues = ["stowage.tasks.a", "stowage.retry.5s", "stowage.retry.30s"]
            try await require(eventually: "all tasks to wait") {
                queues.reduce(0) { $0 + harness.waiting(in: $1).count } == ids.count
            }
            #expect(script.writes <= DriverBreaker.threshold + 3)
            try await sleeper(.seconds(1), in: harness)
            script.isAway = false
            harness.clock.advance(by: .seconds(1))
            guard case .up = try await harness.driverEvent().happening else { throw UnexpectedTurn("no up") }
            harness.clock.advance(by: .seconds(30))
            var finished: [String: TaskEvent] = [:]
            var retrying = 0
            while finished.count < ids.count {
                let event = try await harness.event()
                if event.type.isFinal { finished[event.task] = event } else { retrying += 1 }
            }
            #expect(finished.values.allSatisfy { $0.summary == "succeeded" })
            // The fifth to fail opened the breaker: it and whoever failed with it are not counted.
            #expect(finished.values.count { $0.attempt == 2 } < DriverBreaker.threshold)
            #expect(finished.values.allSatisfy { $0.attempt <= 2 })
            #expect(retrying >= DriverBreaker.threshold)
        }
    }

    @Test("with fallbacks: stores move on at once, the rest waits on the ladder, and nothing is counted")
    func movesOn() async throws {
        let harness = try await PipelineHarness(watchesDrivers: true)
        let script = try #require(harness.scripts["a"])
        script.isAway = true
        try await harness.whileWorking {
            _ = try await harness.driverEvent()
            try await harness.store("t-1")
            let moved = try await harness.event()
            #expect(moved.summary == "failedover unavailable")
            let stored = try await harness.event()
            #expect(stored.storeResult?.handle.driver.text == "b")
            // Nobody could ask whether an earlier delivery has left it there.
            #expect(stored.storeResult?.possibleCopies.map(\.text) == ["a"])
            #expect(script.writes == 0)
            let retrieve =
                #"{"id":"r-1","data":{"key":"t-1/n.txt","destination":{"file":"\#(harness.spool.path("x"))"}}}"#
            try await harness.send(retrieve, key: "a.retrieve")
            try await require(eventually: "the rest to wait") {
                harness.waiting(in: "stowage.retry.30s").count == 1
            }
            let waiting = harness.waiting(in: "stowage.retry.30s").first
            #expect(waiting?.properties.headers["x-stowage-attempt"] == .integer(1))
            #expect(waiting?.properties.headers["x-stowage-history"] == nil)
            script.isAway = false
            try await sleeper(.seconds(1), in: harness)
            harness.clock.advance(by: .seconds(1))
            guard case .up = try await harness.driverEvent().happening else { throw UnexpectedTurn("no up") }
            harness.clock.advance(by: .seconds(30))
            let answer = try await harness.event()
            #expect(answer.summary == "failed not-found")
            #expect(answer.attempts.count == 1)
        }
    }

    @Test("what a task says of fallbacks holds for whoever gets to read it")
    func ownFallbacks() async throws {
        let harness = try await PipelineHarness(watchesDrivers: true)
        harness.scripts["a"]?.isAway = true
        try await harness.whileWorking {
            _ = try await harness.driverEvent()
            // `[]`: this store is for `a` alone, and waits.
            let body = #"{"id":"t-1","fallbacks":[],"data":{"name":"n","source":{"inline":"YQ=="}}}"#
            try await harness.send(body, key: "a.store")
            try await require(eventually: "the task to wait") {
                harness.waiting(in: "stowage.retry.30s").count == 1
            }
        }
    }

    @Test("a deadline ends a task that waits for it")
    func deadline() async throws {
        let harness = try await PipelineHarness(watchesDrivers: true)
        harness.scripts["a"]?.isAway = true
        try await harness.whileWorking {
            _ = try await harness.driverEvent()
            let at = harness.clock.time.now.advanced(byMilliseconds: 3000).text
            try await harness.send(#"{"id":"s-1","options":{"deadline":"\#(at)"},"data":{"key":"t/n"}}"#, key: "a.stat")
            #expect(try await harness.event().summary == "failed unavailable")
        }
    }

    @Test("an attempt that began before it went down is remembered, though not counted")
    func remembered() async throws {
        let harness = try await PipelineHarness(fallbacks: [:], watchesDrivers: true)
        let script = try #require(harness.scripts["a"])
        try await harness.whileWorking {
            try await sleeper(DriverWatch.patrolInterval, count: 2, in: harness)
            script.closeGate()
            try await harness.store("t-1")
            await script.writesBegun(1)
            script.isAway = true
            harness.clock.advance(by: DriverWatch.patrolInterval)
            _ = try await harness.driverEvent()
            script.openGate()
            let event = try await harness.event()
            #expect(event.summary == "retrying unavailable")
            try await require(eventually: "the task to wait") {
                harness.waiting(in: "stowage.retry.30s").count == 1
            }
            let waiting = harness.waiting(in: "stowage.retry.30s").first
            #expect(waiting?.properties.headers["x-stowage-attempt"] == .integer(1))
            #expect(waiting?.properties.headers["x-stowage-history"] != nil)
        }
    }
}
