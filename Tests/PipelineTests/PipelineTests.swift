import Foundation
import Messaging
import Pipeline
import ServiceRuntime
import Storage
import StowageContract
import TestSupport
import Testing

@Suite("Pipeline", .timeLimit(.minutes(1)))
struct PipelineTests {
    static let unavailable = StorageError(.unavailable, .transient(after: nil), "the store is away")
    static let ambiguous = StorageError(
        .timedOut, .transient(after: nil), "no answer came", isAmbiguous: true)

    @Test("a store ends with the archive, one event, and nothing left on the broker")
    func store() async throws {
        let harness = try await PipelineHarness()
        try await harness.whileWorking {
            try await harness.store("t-1", more: #","path":"course-12","labels":["x"]"#)
            let event = try await harness.event()
            #expect(event.id == "t-1/succeeded")
            #expect(event.labels == ["x"])
            #expect(event.storeResult?.handle.key == "course-12/t-1/n.txt")
            #expect(event.storeResult?.alreadyPresent == false)
            #expect(event.attempts.map(\.code) == [nil])
            #expect(try await harness.stored("course-12/t-1/n.txt", on: "a") == "bytes")
        }
        #expect(harness.waiting(in: "stowage.tasks.a").isEmpty)
        #expect(harness.waiting(in: "stowage.dead").isEmpty)
        #expect(harness.server.unsettledCount == 0 || harness.waiting(in: "stowage.tasks.a").isEmpty)
    }

    @Test("a transient failure climbs the ladder and is told")
    func retries() async throws {
        let harness = try await PipelineHarness(fallbacks: [:])
        let script = try #require(harness.scripts["a"])
        // The stack below the pipeline tries again by itself: enough failures for two whole attempts.
        script.fail(.write, StorageError(.unavailable, .exhausted, "the store is away"), times: 2)
        try await harness.whileWorking {
            try await harness.store("t-1")
            #expect(try await harness.event().id == "t-1/retrying/1")
            harness.clock.advance(by: .seconds(5))
            let second = try await harness.event()
            #expect(second.id == "t-1/retrying/2")
            #expect(second.attempt == 2)
            #expect(second.requestedByUser == nil)
            harness.clock.advance(by: .seconds(30))
            let last = try await harness.event()
            #expect(last.summary == "succeeded")
            #expect(last.attempts.map { $0.code?.rawValue } == ["unavailable", "unavailable", nil])
            #expect(last.attempts.map(\.number) == [1, 2, 3])
            #expect(last.sequence == 3)
        }
    }

    @Test("attempts end in a failed event and a parked task")
    func givesUp() async throws {
        let harness = try await PipelineHarness(fallbacks: [:])
        try await harness.whileWorking {
            try await harness.send(
                #"{"id":"t-1","operation":"store","driver":"a","data":{"name":"n","source":{"file":"/nowhere/x"}}}"#,
                key: "a.store"
            ) { $0.userID = "producer" }
            let event = try await harness.event()
            #expect(event.type == .failed)
            #expect(event.requestedByUser == "producer")
            guard case .failed(let error, _, _) = event.happening else { return }
            #expect(error.place == .task || error.place == .source)
            #expect(!error.retryable)
        }
        let parked = try #require(harness.waiting(in: "stowage.dead").first)
        #expect(parked.properties.headers["x-stowage-user"] == .string("producer"))
        #expect(parked.properties.headers["x-stowage-error-code"] != nil)
        #expect(parked.routingKey == "a.store")
        #expect(parked.properties.userID == "worker")
    }

    @Test("a full driver is left at once, and the event says where the archive is")
    func failsOver() async throws {
        let harness = try await PipelineHarness()
        harness.scripts["a"]?.fail(.write, StorageError(.outOfSpace, .transient(after: nil), "full"))
        try await harness.whileWorking {
            try await harness.store("t-1")
            let events = try await harness.eventsToTheEnd()
            #expect(Set(events.map(\.summary)) == ["failedover out-of-space", "succeeded"])
            #expect(events.last?.storeResult?.handle.driver.text == "b")
            #expect(events.last?.attempts.map(\.driver.text) == ["a", "b"])
            #expect(try await harness.stored("t-1/n.txt", on: "b") == "bytes")
            #expect(try await harness.stored("t-1/n.txt", on: "a") == nil)
        }
    }

    @Test("a driver that had stored after all is not failed over from")
    func ambiguousFailover() async throws {
        let harness = try await PipelineHarness()
        let full = StorageError(.outOfSpace, .transient(after: nil), "full, says the store", isAmbiguous: true)
        harness.scripts["a"]?.fail(.write, full, afterEffect: true)
        try await harness.whileWorking {
            try await harness.store("t-1")
            let event = try await harness.event()
            #expect(event.summary == "succeeded")
            #expect(event.storeResult?.handle.driver.text == "a")
            #expect(event.storeResult?.alreadyPresent == true)
            #expect(try await harness.stored("t-1/n.txt", on: "b") == nil)
        }
    }

    @Test("an archive on both drivers is announced as the earlier, with the other beside it")
    func otherCopies() async throws {
        let harness = try await PipelineHarness()
        try await harness.whileWorking {
            try await harness.store("t-1", more: "")
            _ = try await harness.event()
            // The copy of a failover that crossed with it: same task, running on b, sent by a worker.
            var properties = MessageProperties()
            properties.userID = "worker"
            properties.headers = [
                "x-stowage-attempt": .integer(1), "x-stowage-slip": .string(""),
                "x-stowage-history": .string(
                    AttemptHistory(records: [
                        AttemptRecord(
                            number: 1, driver: try #require(DriverName("a")), startedAt: nil, endedAt: nil,
                            worker: nil, code: .timedOut, message: nil, ambiguous: true)
                    ]).text),
            ]
            let inline = Data("bytes".utf8).base64EncodedString()
            let body = """
                {"id":"t-1","operation":"store","driver":"a",
                 "data":{"name":"n.txt","source":{"inline":"\(inline)"}}}
                """
            _ = try await harness.broker.publish(
                OutgoingMessage(
                    exchange: "stowage.tasks", routingKey: "b.store", properties: properties, body: Array(body.utf8)))
            let event = try await harness.event()
            #expect(event.id == "t-1/succeeded")
            #expect(event.storeResult?.handle.driver.text == "a")
            #expect(event.storeResult?.otherCopies.map(\.driver.text) == ["b"])
        }
    }

    @Test("two deliveries of one task have one archive and one event id")
    func concurrentDeliveries() async throws {
        let harness = try await PipelineHarness()
        let script = try #require(harness.scripts["a"])
        script.closeGate()
        try await harness.whileWorking {
            try await harness.store("t-1")
            try await harness.store("t-1")
            await script.writesBegun(2)
            script.openGate()
            let events = [try await harness.event(), try await harness.event()]
            #expect(events.map(\.id) == ["t-1/succeeded", "t-1/succeeded"])
            #expect(Set(events.compactMap { $0.storeResult?.alreadyPresent }) == [true, false])
            #expect(events[0].storeResult?.handle == events[1].storeResult?.handle)
        }
    }

    @Test("the same id with other content is a conflict that names what differs")
    func idReuse() async throws {
        let harness = try await PipelineHarness()
        try await harness.whileWorking {
            try await harness.store("t-1", "one")
            #expect(try await harness.event().summary == "succeeded")
            try await harness.store("t-1", "two")
            let event = try await harness.event()
            #expect(event.summary == "failed conflict")
            #expect(try await harness.stored("t-1/n.txt", on: "a") == "one")
        }
    }

    @Test("a connection lost between event and acknowledgement gives the same event again")
    func lostAcknowledgement() async throws {
        let harness = try await PipelineHarness()
        let script = try #require(harness.scripts["a"])
        script.closeGate()
        try await harness.whileWorking {
            try await harness.store("t-1")
            await script.writesBegun(1)
            harness.broker.dropConnection()
            await script.writesBegun(2)
            script.openGate()
            let event = try await harness.event()
            #expect(event.id == "t-1/succeeded")
            #expect(try await harness.stored("t-1/n.txt", on: "a") == "bytes")
        }
    }

    @Test("an event that the broker refuses is published until it is taken")
    func persistentEvents() async throws {
        let harness = try await PipelineHarness()
        harness.server.refusePublishes(to: "stowage.events", times: 3)
        try await harness.whileWorking {
            try await harness.store("t-1")
            for _ in 1...3 {
                await harness.clock.waitForSleepers(1)
                harness.clock.advance(by: .seconds(30))
            }
            #expect(try await harness.event().id == "t-1/succeeded")
        }
        #expect(harness.waiting(in: "stowage.tasks.a").isEmpty)
    }

    @Test("a task whose time has not come waits on the ladder, and no attempt is counted")
    func notBefore() async throws {
        let harness = try await PipelineHarness(fallbacks: [:])
        let start = Timestamp(millisecondsSinceEpoch: harness.clock.time.millisecondsSinceEpoch)
        let notBefore = start.advanced(byMilliseconds: 33_000)
        try await harness.whileWorking {
            let body = """
                {"id":"t-1","operation":"store","driver":"a","data":{"name":"n","source":{"inline":"YQ=="}},
                 "options":{"notBefore":"\(notBefore.text)"}}
                """
            try await harness.send(body, key: "a.store")
            #expect(try await eventually { harness.waiting(in: "stowage.retry.30s").count == 1 })
            harness.clock.advance(by: .seconds(30))
            // Three seconds are left: the shortest rung it is.
            #expect(try await eventually { harness.waiting(in: "stowage.retry.5s").count == 1 })
            harness.clock.advance(by: .seconds(5))
            let event = try await harness.event()
            #expect(event.summary == "succeeded")
            #expect(event.attempts.count == 1 && event.attempt == 1)
        }
    }

    @Test("shutdown hands a task back that does not end in time")
    func shutdown() async throws {
        let harness = try await PipelineHarness()
        try await harness.whileWorking {}
        try await harness.store("t-1")
        #expect(harness.waiting(in: "stowage.tasks.a").count == 1)
    }
}
