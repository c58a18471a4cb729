import Foundation
import Messaging
import Pipeline
import ServiceRuntime
import Storage
import StowageContract
import TestSupport
import Testing

@Suite("Undertaker", .timeLimit(.minutes(1)))
struct UndertakerTests {
    static let body =
        #"{"id":"t-1","operation":"store","driver":"a","data":{"name":"n","source":{"inline":"YQ=="}}}"#

    /// What a worker notes of a try on a driver.
    static func history(_ driver: String, _ code: String = "unavailable", n: Int = 1) -> FieldValue {
        .string(
            #"[{"n":\#(n),"driver":"\#(driver)","startedAt":null,"endedAt":null,"worker":"w-0","#
                + #""code":"\#(code)","message":"m","ambiguous":true}]"#)
    }

    /// Publishes as the broker would dead-letter it.
    static func bury(
        _ harness: PipelineHarness, reason: String, expiration: String? = nil, by user: String? = nil,
        headers: [(String, FieldValue)] = [], body: String = body, key: String = "a.store"
    ) async throws {
        var properties = MessageProperties()
        properties.messageID = "t-1"
        properties.userID = user
        properties.headers["x-death"] = DeathReasonTests.death("stowage.tasks.a", reason, expiration: expiration)
        for (name, value) in headers { properties.headers[name] = value }
        let sender = user == "worker" ? harness.broker : harness.producer
        _ = try await sender.publish(
            OutgoingMessage(
                exchange: "stowage.dlx", routingKey: key, properties: properties, body: Array(body.utf8)))
    }

    @Test("a task that killed its workers gets seven more rounds, and is then parked unread")
    func poison() async throws {
        let harness = try await PipelineHarness()
        try await harness.whileWorking {
            try await Self.bury(harness, reason: "delivery_limit", expiration: "60000")
            let copy = try await waitingCopy(harness)
            let deadline = harness.clock.time.millisecondsSinceEpoch + 60_000
            #expect(copy.properties.headers["x-stowage-deadline"]?.integer == deadline)
            #expect(copy.routingKey == "a.store")
            #expect(copy.properties.headers["x-death"] == nil)
            let noted = try #require(copy.properties.headers["x-stowage-history"]?.text)
            let record = try #require(AttemptHistory(noted).records.first)
            #expect(record.code == .poison && record.isAmbiguous && record.number == 1)
            // It fails again and again: the broker hands it over with our headers on it.
            let history = AttemptHistory(records: Array(repeating: record, count: 7)).text
            try await Self.bury(
                harness, reason: "delivery_limit", by: "worker", headers: [("x-stowage-history", .string(history))],
                body: "this would crash whoever reads it")
            let event = try await harness.event()
            #expect(event.summary == "failed poison")
            guard case .failed(_, _, let possibleCopies) = event.happening else { return }
            #expect(possibleCopies.map(\.text) == ["a"])
            #expect(event.task == "t-1")
        }
        #expect(harness.waiting(in: "stowage.dead").count == 1)
    }

    @Test(
        "a suspect that was with a worker that was lost is set aside, however often the broker offered it",
        arguments: [1, 6])
    func setAside(_ rounds: Int) async throws {
        let harness = try await PipelineHarness()
        try await sendLost(harness, history: Array(repeating: #"{"n":1,"driver":"a","code":"poison"}"#, count: rounds))
        try await harness.whileWorking {
            let copy = try await waitingCopy(harness)
            let noted = try #require(copy.properties.headers["x-stowage-history"]?.text)
            #expect(AttemptHistory(noted).records.map(\.code) == Array(repeating: .poison, count: rounds + 1))
            #expect(copy.body == Array(Self.body.utf8))
        }
        #expect(harness.waiting(in: "stowage.tasks.a").isEmpty)
    }

    @Test("the eighth round of a suspect ends it")
    func lastRound() async throws {
        let harness = try await PipelineHarness()
        try await sendLost(harness, history: Array(repeating: #"{"n":1,"driver":"a","code":"poison"}"#, count: 7))
        try await harness.whileWorking {
            let event = try await harness.event()
            #expect(event.summary == "failed poison")
        }
        #expect(harness.waiting(in: "stowage.dead").count == 1)
    }

    @Test("a task that ended in order since, or is delivered for the first time, is no suspect")
    func noSuspect() async throws {
        let harness = try await PipelineHarness()
        let histories = [
            [#"{"n":1,"driver":"a","code":"poison"}"#, #"{"n":2,"driver":"a","code":"unavailable"}"#], [],
        ]
        for history in histories { try await sendLost(harness, history: history) }
        try await harness.whileWorking {
            for _ in histories {
                let event = try await harness.event()
                #expect(event.summary == "succeeded")
            }
        }
    }

    /// Publishes a copy that was delivered to somebody who was lost.
    private func sendLost(_ harness: PipelineHarness, history: [String]) async throws {
        var properties = MessageProperties()
        properties.messageID = "t-1"
        properties.userID = "worker"
        properties.headers = [
            "x-stowage-attempt": .integer(2),
            "x-stowage-history": .string("[" + history.joined(separator: ",") + "]"),
        ]
        _ = try await harness.broker.publish(
            OutgoingMessage(
                exchange: "stowage.tasks", routingKey: "a.store", properties: properties,
                body: Array(Self.body.utf8)))
        let lost = try #require(try await harness.producer.get("stowage.tasks.a"))
        harness.producer.settle(lost, as: .requeue)
    }

    /// The only message that waits on the ladder.
    private func waitingCopy(_ harness: PipelineHarness) async throws -> OutgoingMessage {
        let waiting = { PipelineHarness.levels.flatMap { harness.waiting(in: "stowage.retry." + $0.name) } }
        #expect(try await eventually { !waiting().isEmpty })
        return try #require(waiting().first)
    }

    @Test("a message that expired by its own will has expired")
    func expired() async throws {
        let harness = try await PipelineHarness()
        try await harness.whileWorking {
            try await Self.bury(harness, reason: "expired", expiration: "1000")
            #expect(try await harness.event().summary == "failed expired")
        }
        #expect(harness.waiting(in: "stowage.dead").count == 1)
    }

    @Test("a queue that waited too long sends a store to its alternative")
    func queueExpired() async throws {
        let harness = try await PipelineHarness()
        try await harness.whileWorking {
            try await Self.bury(harness, reason: "expired")
            let events = try await harness.eventsToTheEnd()
            #expect(Set(events.map(\.summary)) == ["failedover unavailable", "succeeded"])
            #expect(events.last?.storeResult?.handle.driver.text == "b")
        }
    }

    @Test("without an alternative it fails")
    func queueExpiredForGood() async throws {
        let harness = try await PipelineHarness(fallbacks: [:])
        try await harness.whileWorking {
            try await Self.bury(harness, reason: "expired")
            #expect(try await harness.event().summary == "failed unavailable")
        }
    }

    @Test("what a worker rejected had its event, and is parked without a second one")
    func rejected() async throws {
        let harness = try await PipelineHarness()
        try await harness.whileWorking {
            try await Self.bury(harness, reason: "rejected")
            _ = try await firstMessage(in: "stowage.dead", of: harness)
        }
    }

    @Test("a death that the sender made up hides nothing: an unroutable task has its event all the same")
    func forgedRejection() async throws {
        let harness = try await PipelineHarness()
        try await harness.whileWorking {
            try await harness.send(Self.body, key: "zebra.store") {
                $0.headers["x-death"] = DeathReasonTests.death("stowage.tasks.a", "rejected")
            }
            #expect(try await harness.event().type == .failed)
            _ = try await firstMessage(in: "stowage.dead", of: harness)
        }
    }

    private func firstMessage(in queue: String, of harness: PipelineHarness) async throws -> OutgoingMessage {
        #expect(try await eventually { !harness.waiting(in: queue).isEmpty })
        return try #require(harness.waiting(in: queue).first)
    }
}
