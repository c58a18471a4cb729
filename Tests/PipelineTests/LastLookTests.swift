import Foundation
import Messaging
import Pipeline
import Storage
import StowageContract
import TestSupport
import Testing

@Suite("The last look of those who did not run the task", .timeLimit(.minutes(1)))
struct LastLookTests {
    /// Has driver `a` or `b` hold the archive of `UndertakerTests.body`.
    private func stored(_ harness: PipelineHarness, on driver: String = "a") async throws {
        let body = UndertakerTests.body.replacing(#""driver":"a""#, with: #""driver":"\#(driver)""#)
        try await harness.send(body, key: "\(driver).store")
        #expect(try await harness.event().summary == "succeeded")
    }

    /// Publishes a copy that a worker has noted something on.
    private func sendCopy(
        _ harness: PipelineHarness, _ body: String = UndertakerTests.body, to key: String = "ghost.store",
        history: FieldValue = UndertakerTests.history("a"), slip: String = ""
    ) async throws {
        var properties = MessageProperties()
        properties.messageID = "t-1"
        properties.userID = "worker"
        properties.headers = [
            "x-stowage-attempt": .integer(1), "x-stowage-slip": .string(slip), "x-stowage-history": history,
        ]
        _ = try await harness.broker.publish(
            OutgoingMessage(
                exchange: "stowage.tasks", routingKey: key, isMandatory: true, properties: properties,
                body: Array(body.utf8)))
    }

    @Test("a store that expired and stands all the same has succeeded", arguments: ["1000", nil])
    func expired(_ expiration: String?) async throws {
        let harness = try await PipelineHarness()
        try await harness.whileWorking {
            try await stored(harness)
            try await UndertakerTests.bury(harness, reason: "expired", expiration: expiration)
            let event = try await harness.event()
            #expect(event.summary == "succeeded" && event.id == "t-1/succeeded")
            #expect(event.storeResult?.handle.driver.text == "a" && event.storeResult?.alreadyPresent == true)
        }
        #expect(harness.waiting(in: "stowage.dead").isEmpty)
    }

    @Test("a store that expired names the drivers that could not be asked")
    func unasked() async throws {
        let harness = try await PipelineHarness(fallbacks: [:])
        harness.scripts["a"]?.fail(
            .stat, StorageError(.unavailable, .permanent, "away", at: .driver), times: 100)
        try await harness.whileWorking {
            try await UndertakerTests.bury(harness, reason: "expired", expiration: "1000")
            let event = try await harness.event()
            #expect(event.summary == "failed expired")
            #expect(event.possibleCopies == ["a"])
        }
    }

    @Test("a retrieve that expired after it was done has succeeded")
    func retrieve() async throws {
        let harness = try await PipelineHarness()
        let digest = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
        let path = harness.spool.path("back")
        try Data("a".utf8).write(to: URL(fileURLWithPath: path))
        let body = """
            {"id":"t-1","operation":"retrieve","driver":"a","data":{"destination":{"file":"\(path)"},
             "handle":{"driver":"a","key":"t-0/n","size":1,"sha256":"\(digest)"}}}
            """
        try await harness.whileWorking {
            try await UndertakerTests.bury(
                harness, reason: "expired", expiration: "1000", body: body, key: "a.retrieve")
            let event = try await harness.event()
            #expect(event.summary == "succeeded", "\(event)")
        }
    }

    @Test("a store that no queue takes for its second driver has succeeded where it stands on its first")
    func unroutable() async throws {
        let harness = try await PipelineHarness()
        try await harness.whileWorking {
            try await stored(harness)
            try await sendCopy(harness)
            let event = try await harness.event()
            #expect(event.summary == "succeeded" && event.storeResult?.handle.driver.text == "a")
            #expect(event.storeResult?.possibleCopies.isEmpty == true)
        }
    }

    @Test("a store that no queue takes fails, and names where it may stand, but no driver that it never reached")
    func unroutableFailure() async throws {
        let harness = try await PipelineHarness()
        harness.scripts["a"]?.fail(
            .stat, StorageError(.unavailable, .permanent, "away", at: .driver), times: 100)
        try await harness.whileWorking {
            try await sendCopy(harness)
            let event = try await harness.event()
            #expect(event.summary == "failed unknown-driver" && event.possibleCopies == ["a"], "\(event)")
        }
        #expect(harness.waiting(in: "stowage.dead").count == 1)
    }

    @Test("a failover to a driver that has no queue goes on to the next one of the slip", arguments: ["b", "spirit,b"])
    func nextOfSlip(_ slip: String) async throws {
        let harness = try await PipelineHarness()
        try await harness.whileWorking {
            try await sendCopy(harness, slip: slip)
            let events = try await harness.eventsToTheEnd()
            let hops = events.filter { $0.summary == "failedover unknown-driver" }
            #expect(Set(hops.map(\.id)) == Set((2...1 + hops.count).map { "t-1/failedover/\($0)" }))
            #expect(hops.count == slip.split(separator: ",").count)
            let last = try #require(events.last)
            #expect(last.summary == "succeeded" && last.storeResult?.handle.driver.text == "b", "\(last)")
            #expect(last.attempts.map(\.driver.text) == ["a", "ghost"] + slip.split(separator: ",").map(String.init))
            #expect(last.storeResult?.possibleCopies.isEmpty == true)
        }
        #expect(harness.waiting(in: "stowage.dead").isEmpty)
    }

    @Test("a slip of drivers without queues ends as failed, with every hop")
    func endOfSlip() async throws {
        let harness = try await PipelineHarness()
        try await harness.whileWorking {
            try await sendCopy(harness, slip: "spirit")
            let events = try await harness.eventsToTheEnd()
            #expect(events.map(\.summary).last == "failed unknown-driver" && events.count == 2)
            #expect(events.last?.attempts.map(\.driver.text) == ["a", "ghost"])
            #expect(events.last?.driver?.text == "spirit")
        }
        #expect(harness.waiting(in: "stowage.dead").map(\.routingKey) == ["spirit.store"])
    }

    @Test("a store that stands on its first driver is not handed on to the next one of the slip")
    func standsBeforeNext() async throws {
        let harness = try await PipelineHarness()
        try await harness.whileWorking {
            try await stored(harness)
            try await sendCopy(harness, slip: "b")
            let event = try await harness.event()
            #expect(event.summary == "succeeded" && event.storeResult?.handle.driver.text == "a")
        }
    }

    @Test("a producer's own fallbacks do not help a driver that is unknown")
    func misspelt() async throws {
        let harness = try await PipelineHarness()
        try await harness.whileWorking {
            let body = UndertakerTests.body.replacing(
                #""driver":"a","#, with: #""driver":"ghost","fallbacks":["b"],"#)
            try await harness.send(body, key: "ghost.store")
            #expect(try await harness.event().summary == "failed unknown-driver")
        }
    }

    @Test("a store that nobody tried and no queue takes fails without asking anybody")
    func neverTried() async throws {
        let harness = try await PipelineHarness()
        try await harness.whileWorking {
            try await stored(harness)
            let body = UndertakerTests.body.replacing(#""driver":"a""#, with: #""driver":"ghost""#)
            try await harness.send(body, key: "ghost.store")
            let event = try await harness.event()
            #expect(event.summary == "failed unknown-driver" && event.possibleCopies.isEmpty)
        }
    }

    @Test("a delivery that cannot be read any more has succeeded where it was stored before")
    func refusedAfterStoring() async throws {
        let harness = try await PipelineHarness()
        // Another worker's configuration knew c as a peer of a; this one does not.
        let foreign = UndertakerTests.body.replacing(#""data""#, with: #""fallbacks":["c"],"data""#)
        try await harness.whileWorking {
            try await stored(harness)
            try await sendCopy(harness, foreign, to: "a.store")
            let event = try await harness.event()
            #expect(event.summary == "succeeded" && event.storeResult?.handle.driver.text == "a", "\(event)")
        }
        #expect(harness.waiting(in: "stowage.dead").isEmpty)
    }

    @Test("the copies of what was found are named in their order, also one that is no longer allowed")
    func refusedCopy() async throws {
        let harness = try await PipelineHarness()
        let foreign = UndertakerTests.body.replacing(#""data":{"#, with: #""data":{"copies":["c","b"],"#)
        try await harness.whileWorking {
            try await stored(harness)
            try await sendCopy(harness, foreign, to: "a.store")
            let copies = try #require(try await harness.event().storeResult).copies
            let missing = copies.map { copy -> String in
                guard case .missing(let driver, let error, let followUp) = copy else { return "\(copy)" }
                return "\(driver) \(error.code.rawValue) \(followUp != nil)"
            }
            #expect(missing == ["c permission-denied false", "b not-found true"])
        }
    }

    @Test("a delivery that cannot be read any more names where it may stand")
    func refusedUncertain() async throws {
        let harness = try await PipelineHarness()
        harness.scripts["a"]?.fail(
            .stat, StorageError(.unavailable, .permanent, "away", at: .driver), times: 100)
        let foreign = UndertakerTests.body.replacing(#""data""#, with: #""fallbacks":["c"],"data""#)
        try await harness.send(foreign, key: "a.store")
        // Somebody has it and is lost.
        let lost = try #require(try await harness.producer.get("stowage.tasks.a"))
        harness.producer.settle(lost, as: .requeue)
        try await harness.whileWorking {
            let event = try await harness.event()
            #expect(event.summary == "failed permission-denied" && event.possibleCopies == ["a"], "\(event)")
        }
    }

    @Test("a first delivery that names a driver that is no peer asks nobody anything")
    func refusedAtFirst() async throws {
        let harness = try await PipelineHarness()
        let foreign = UndertakerTests.body.replacing(#""data""#, with: #""fallbacks":["c"],"data""#)
        try await harness.whileWorking {
            try await stored(harness)
            try await harness.send(foreign, key: "a.store")
            let event = try await harness.event()
            #expect(event.summary == "failed permission-denied" && event.possibleCopies.isEmpty, "\(event)")
        }
    }
}

extension TaskEvent {
    /// Where a failed store may stand.
    var possibleCopies: [String] {
        if case .failed(_, _, let drivers) = happening { drivers.map(\.text) } else { [] }
    }
}
