import Foundation
import Messaging
import Observability
import Pipeline
import ServiceRuntime
import Storage
import StowageContract
import StrictCoding
import TestSupport
import Testing

/// Tasks that take long: how far they are, and when they have to stop.
@Suite("Watching", .timeLimit(.minutes(1)))
struct WatchingTests {
    static let text = "0123456789ab"

    /// Puts an archive on `b` and sends a store to `a` that has it as its source; `body` brings its bytes.
    private func storeFromB(
        _ harness: PipelineHarness, options: String, _ body: FedBody
    ) async throws {
        try await harness.store("s-1", Self.text, on: "b")
        let handle = try #require(try await harness.event().storeResult?.handle)
        harness.scripts["b"]?.bring(body)
        let task = """
            {"id":"t-1","operation":"store","driver":"a","options":{\(options)},
             "data":{"name":"n.txt","source":{"handle":\(JSONWriter.text(of: handle.json))}}}
            """
        try await harness.send(task, key: "a.store")
        await body.asked(1)
    }

    /// A body whose first four bytes are on their way.
    private func begunBody() -> FedBody {
        let body = FedBody(size: Int64(Self.text.utf8.count))
        body.feed(Array(Self.text.utf8.prefix(4)))
        return body
    }

    private func feedRest(_ body: FedBody) {
        body.feed(Array(Self.text.utf8.dropFirst(4)))
        body.feed(nil)
    }

    @Test("progress is told once in its interval, and not kept by the broker")
    func progress() async throws {
        let harness = try await PipelineHarness(isWatched: true)
        let body = begunBody()
        try await harness.whileWorking {
            try await storeFromB(harness, options: #""progress":true"#, body)
            await body.asked(2)
            await harness.look(for: 10)
            let (first, message) = try await harness.arrival()
            #expect(first.id == "t-1/progress/1.1")
            #expect(first.happening == .progress(bytesDone: 4, bytesTotal: 12))
            #expect(first.attempt == 1 && first.sequence == 1)
            #expect(!message.properties.isPersistent)
            #expect(message.routingKey == "progress.a.store.none")
            body.feed(Array(Self.text.utf8.dropFirst(4).prefix(3)))
            await body.asked(3)
            await harness.look(for: 19)
            let second = try await harness.event()
            #expect(second.id == "t-1/progress/1.2")
            #expect(second.happening == .progress(bytesDone: 7, bytesTotal: 12))
            body.feed(Array(Self.text.utf8.dropFirst(7)))
            body.feed(nil)
            #expect(try await harness.event().summary == "succeeded")
        }
    }

    @Test("who does not ask hears nothing")
    func noProgress() async throws {
        let harness = try await PipelineHarness(isWatched: true)
        let body = begunBody()
        try await harness.whileWorking {
            try await storeFromB(harness, options: "", body)
            await body.asked(2)
            await harness.look(for: 30)
            feedRest(body)
            #expect(try await harness.event().summary == "succeeded")
        }
    }

    @Test("a broker that takes nothing slows no transfer, and reports do not pile up")
    func blockedBroker() async throws {
        let harness = try await PipelineHarness(isWatched: true)
        let body = begunBody()
        try await harness.whileWorking {
            try await storeFromB(harness, options: #""progress":true"#, body)
            await body.asked(2)
            harness.server.block(reason: "memory")
            await harness.look(for: 50)
            feedRest(body)
            try await require(eventually: "the archive to stand") {
                try await harness.stored("t-1/n.txt", on: "a") == Self.text
            }
            harness.server.unblock()
            let events = try await harness.eventsToTheEnd()
            #expect(events.count { $0.type == .progress } <= 1, "\(events.map(\.id))")
            #expect(events.last?.summary == "succeeded")
        }
    }

    @Test("a source that stalls has timed out at the source, and is tried again")
    func stalledSource() async throws {
        let harness = try await PipelineHarness(isWatched: true)
        let body = begunBody()
        try await harness.whileWorking {
            try await storeFromB(harness, options: #""timeoutSeconds":20"#, body)
            await body.asked(2)
            // The first look sees what moved before it.
            await harness.look(for: 21)
            let event = try await harness.event()
            guard case .retrying(let error, _) = event.happening else {
                Issue.record("\(event)")
                return
            }
            #expect(error.code == .timedOut && error.place == .source && error.retryable)
            #expect(error.context["seconds"] == "20")
            #expect(try await harness.stored("t-1/n.txt", on: "a") == nil)
            await harness.look(for: 6)
            let last = try await harness.event()
            #expect(last.summary == "succeeded")
            #expect(last.attempts.map(\.code) == [.timedOut, nil])
            #expect(last.attempts.map(\.ambiguous) == [false, false])
        }
    }

    @Test("a transfer that is slow but moves goes on for longer than its limit")
    func slowSource() async throws {
        let harness = try await PipelineHarness(isWatched: true)
        let body = FedBody(size: Int64(Self.text.utf8.count))
        try await harness.whileWorking {
            try await storeFromB(harness, options: #""timeoutSeconds":20"#, body)
            for (index, byte) in Self.text.utf8.enumerated() {
                body.feed([byte])
                await body.asked(index + 2)
                await harness.look(for: 18)
            }
            body.feed(nil)
            let last = try await harness.event()
            #expect(last.summary == "succeeded" && last.attempts.count == 1)
        }
    }

    @Test("a deadline in the middle of a store ends it: expired, parked, nothing visible")
    func deadline() async throws {
        let harness = try await PipelineHarness(isWatched: true)
        let body = begunBody()
        let start = Timestamp(millisecondsSinceEpoch: harness.clock.time.millisecondsSinceEpoch)
        try await harness.whileWorking {
            let deadline = start.advanced(byMilliseconds: 30_000)
            try await storeFromB(harness, options: #""deadline":"\#(deadline.text)""#, body)
            await body.asked(2)
            await harness.look(for: 30)
            body.feed(Array(Self.text.utf8.dropFirst(4).prefix(1)))
            await body.asked(3)
            await harness.look(for: 1)
            let event = try await harness.event()
            #expect(event.summary == "failed expired")
            guard case .failed(let error, let attempts, let possibleCopies) = event.happening else { return }
            #expect(error.place == .task && !error.retryable)
            #expect(attempts.map(\.code) == [.expired])
            #expect(possibleCopies.isEmpty)
            #expect(try await harness.stored("t-1/n.txt", on: "a") == nil)
        }
        #expect(harness.waiting(in: "stowage.dead").count == 1)
    }

    @Test("a driver whose call hangs does not hold its task, and is not asked again while it hangs")
    func hungDriver() async throws {
        let harness = try await PipelineHarness(fallbacks: [:], isWatched: true)
        let script = try #require(harness.scripts["a"])
        script.closeGate()
        try await harness.whileWorking {
            let body = """
                {"id":"t-1","operation":"store","driver":"a","options":{"timeoutSeconds":20,"maxAttempts":1},
                 "data":{"name":"n.txt","source":{"inline":"YQ=="}}}
                """
            try await harness.send(body, key: "a.store")
            await script.writesBegun(1)
            await harness.look(for: 60)
            let event = try await harness.event()
            guard case .failed(let error, let attempts, let possibleCopies) = event.happening else {
                Issue.record("\(event)")
                return
            }
            #expect(error.code == .timedOut && error.place == .driver)
            #expect(error.context["left"] != nil)
            #expect(attempts.map(\.ambiguous) == [true])
            #expect(possibleCopies.map(\.text) == ["a"])
            let driver = try #require(DriverName("a"))
            #expect(harness.watchdog.hangs(driver) && harness.watchdog.left(on: driver) == 1)
            script.openGate()
            _ = await harness.log.line("a call that was given up has returned")
            #expect(!harness.watchdog.hangs(driver) && harness.watchdog.left(on: driver) == 0)
            #expect(harness.metrics.gauge("stowage_tasks_left", [("driver", "a")]).value == 0)
            try await harness.store("t-2")
            #expect(try await harness.event().summary == "succeeded")
        }
    }

    @Test("a driver all of whose slots hang is unavailable at once; another one goes on")
    func noSlots() async throws {
        let harness = try await PipelineHarness(fallbacks: [:], concurrency: 1, isWatched: true)
        let script = try #require(harness.scripts["a"])
        script.closeGate()
        try await harness.whileWorking {
            for id in ["t-1", "t-2"] {
                let body = """
                    {"id":"\(id)","operation":"store","driver":"a","options":{"timeoutSeconds":20,"maxAttempts":1},
                     "data":{"name":"n.txt","source":{"inline":"YQ=="}}}
                    """
                try await harness.send(body, key: "a.store")
                if id == "t-1" {
                    await script.writesBegun(1)
                    await harness.look(for: 60)
                }
                let event = try await harness.event()
                #expect(event.summary == (id == "t-1" ? "failed timed-out" : "failed unavailable"))
            }
            try await harness.store("t-3", on: "b")
            #expect(try await harness.event().summary == "succeeded")
            script.openGate()
            _ = await harness.log.line("a call that was given up has returned")
            try await harness.store("t-4")
            #expect(try await harness.event().summary == "succeeded")
        }
    }

    @Test("a copy whose target hangs says nothing against the driver that it reads from")
    func hungTarget() async throws {
        let harness = try await PipelineHarness(fallbacks: ["b": ["a"]], isWatched: true)
        let script = try #require(harness.scripts["a"])
        try await harness.whileWorking {
            try await harness.store("s-1", Self.text, on: "b")
            _ = try await harness.event()
            script.closeGate()
            try await harness.send(
                #"{"id":"c-1","operation":"copy","driver":"b","options":{"timeoutSeconds":20,"maxAttempts":1},"#
                    + #""data":{"key":"s-1/n.txt","to":"a"}}"#, key: "b.copy")
            await script.writesBegun(1)
            await harness.look(for: 60)
            let event = try await harness.event()
            guard case .failed(let error, _, let possibleCopies) = event.happening else {
                Issue.record("\(event)")
                return
            }
            #expect(error.code == .timedOut && error.place == .destination)
            #expect(possibleCopies.map(\.text) == ["a"])
            let (target, source) = (try #require(DriverName("a")), try #require(DriverName("b")))
            #expect(harness.watchdog.hangs(target) && harness.watchdog.left(on: target) == 1)
            #expect(!harness.watchdog.hangs(source) && harness.watchdog.left(on: source) == 0)
            script.openGate()
            _ = await harness.log.line("a call that was given up has returned")
        }
    }

    @Test("a verification that stalls is the driver's fault")
    func stalledVerification() async throws {
        let harness = try await PipelineHarness(fallbacks: [:], isWatched: true)
        try await harness.whileWorking {
            try await harness.store("s-1", Self.text)
            _ = try await harness.event()
            let body = begunBody()
            harness.scripts["a"]?.bring(body)
            try await harness.send(
                #"{"id":"v-1","operation":"verify","driver":"a","options":{"timeoutSeconds":20,"progress":true},"#
                    + #""data":{"key":"s-1/n.txt"}}"#, key: "a.verify")
            await body.asked(2)
            await harness.look(for: 21)
            let events = [try await harness.event(), try await harness.event(), try await harness.event()]
            #expect(events.map(\.id) == ["v-1/progress/1.1", "v-1/progress/1.2", "v-1/retrying/1"])
            #expect(events[0].happening == .progress(bytesDone: 4, bytesTotal: 12))
            guard case .retrying(let error, _) = events[2].happening else { return }
            #expect(error.code == .timedOut && error.place == .driver)
        }
    }

    @Test("a retrieval tells its progress, and a driver that stalls ends it without a trace")
    func retrieval() async throws {
        let harness = try await PipelineHarness(fallbacks: [:], isWatched: true)
        try await harness.whileWorking {
            try await harness.store("s-1", Self.text)
            _ = try await harness.event()
            let body = begunBody()
            harness.scripts["a"]?.bring(body)
            let target = harness.spool.path("back")
            try await harness.send(
                #"{"id":"r-1","operation":"retrieve","driver":"a","#
                    + #""options":{"timeoutSeconds":20,"progress":true,"maxAttempts":1},"#
                    + #""data":{"key":"s-1/n.txt","destination":{"file":"\#(target)"}}}"#, key: "a.retrieve")
            await body.asked(2)
            await harness.look(for: 21)
            let events = try await harness.eventsToTheEnd()
            #expect(events.map(\.id) == ["r-1/progress/1.1", "r-1/progress/1.2", "r-1/failed"])
            #expect(events[0].happening == .progress(bytesDone: 4, bytesTotal: 12))
            guard case .failed(let error, _, _) = events.last?.happening else { return }
            #expect(error.code == .timedOut && error.place == .driver)
            #expect(try FileManager.default.contentsOfDirectory(atPath: harness.spool.path).isEmpty)
        }
    }
}
