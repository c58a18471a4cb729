import Messaging
import Pipeline
import ServiceRuntime
import Storage
import StowageContract
import TestSupport
import Testing

@Suite("Cancelling tasks", .timeLimit(.minutes(1)))
struct CancellationTests {
    private func cancel(_ id: String, _ harness: PipelineHarness) throws {
        let now = Timestamp(millisecondsSinceEpoch: harness.clock.time.millisecondsSinceEpoch)
        let id = try #require(TaskID(id))
        harness.control.apply(ControlOrder(.cancel(id), by: "op", sentAt: now), now: now)
    }

    private func expectCancelled(_ event: TaskEvent, _ id: String, _ harness: PipelineHarness) {
        #expect(event.id == "\(id)/cancelled")
        #expect(event.happening == .cancelled(by: "op"))
        #expect(harness.waiting(in: "stowage.dead").isEmpty)
        #expect(harness.waiting(in: "stowage.tasks.a").isEmpty)
    }

    @Test("a store that runs is stopped, and nothing stands")
    func running() async throws {
        let harness = try await PipelineHarness()
        let script = try #require(harness.scripts["a"])
        script.closeGate()
        try await harness.whileWorking {
            try await harness.store("t-1")
            try await harness.store("t-2")
            await script.writesBegun(2)
            try cancel("t-1", harness)
            script.openGate()
            let events = [try await harness.event(), try await harness.event()].sorted { $0.id < $1.id }
            expectCancelled(events[0], "t-1", harness)
            #expect(events[1].id == "t-2/succeeded")
            #expect(try await harness.stored("t-1/n.txt", on: "a") == nil)
            #expect(try await harness.stored("t-2/n.txt", on: "a") == "bytes")
        }
        // What was not settled would come back now.
        await harness.broker.close()
        #expect(harness.waiting(in: "stowage.tasks.a").isEmpty)
    }

    @Test("the same with a store that waits in its queue: it never begins", arguments: ["store", "stat"])
    func waiting(operation: String) async throws {
        let harness = try await PipelineHarness()
        try cancel("t-1", harness)
        if operation == "store" {
            try await harness.store("t-1")
        } else {
            try await harness.send(
                #"{"id":"t-1","operation":"stat","driver":"a","data":{"key":"k/n"}}"#, key: "a.stat")
        }
        try await harness.whileWorking {
            expectCancelled(try await harness.event(), "t-1", harness)
            #expect(try await harness.stored("t-1/n.txt", on: "a") == nil)
        }
    }

    @Test("a task in the ladder is cancelled when it surfaces, although its driver is still away")
    func inTheLadder() async throws {
        let harness = try await PipelineHarness(fallbacks: [:])
        let script = try #require(harness.scripts["a"])
        script.fail(.write, StorageError(.unavailable, .exhausted, "the store is away"))
        try await harness.whileWorking {
            try await harness.store("t-1")
            #expect(try await harness.event().id == "t-1/retrying/1")
            try cancel("t-1", harness)
            script.fail(.stat, StorageError(.unavailable, .exhausted, "the store is away"))
            harness.clock.advance(by: .seconds(5))
            let event = try await harness.event()
            expectCancelled(event, "t-1", harness)
            #expect(event.attempt == 2)
        }
    }

    @Test("a cancellation after the commit loses: what stands is announced")
    func tooLate() async throws {
        let harness = try await PipelineHarness(fallbacks: [:])
        let script = try #require(harness.scripts["a"])
        script.fail(
            .write, StorageError(.unavailable, .exhausted, "no answer", isAmbiguous: true), afterEffect: true)
        try await harness.whileWorking {
            try await harness.store("t-1")
            #expect(try await harness.event().id == "t-1/retrying/1")
            try cancel("t-1", harness)
            harness.clock.advance(by: .seconds(5))
            let event = try await harness.event()
            #expect(event.id == "t-1/succeeded")
            #expect(event.storeResult?.alreadyPresent == true)
        }
    }

    @Test("as long as nobody can see whether it stands, it is not said to be cancelled")
    func unseen() async throws {
        let harness = try await PipelineHarness(fallbacks: [:])
        let script = try #require(harness.scripts["a"])
        let away = StorageError(.unavailable, .exhausted, "the store is away", isAmbiguous: true)
        script.fail(.write, away)
        try await harness.whileWorking {
            try await harness.store("t-1")
            #expect(try await harness.event().id == "t-1/retrying/1")
            try cancel("t-1", harness)
            script.fail(.stat, away)
            harness.clock.advance(by: .seconds(5))
            let second = try await harness.event()
            #expect(second.id == "t-1/retrying/2")
            guard case .retrying(let error, _) = second.happening else { return }
            #expect(error.message.contains("cancelled"))
            harness.clock.advance(by: .seconds(30))
            expectCancelled(try await harness.event(), "t-1", harness)
        }
    }

    @Test("and when nobody ever can, it failed and names where it may stand")
    func neverSeen() async throws {
        let harness = try await PipelineHarness(fallbacks: [:])
        let script = try #require(harness.scripts["a"])
        let away = StorageError(.unavailable, .exhausted, "the store is away", isAmbiguous: true)
        script.fail(.write, away)
        script.fail(.stat, away, times: 10)
        try await harness.whileWorking {
            try await harness.store("t-1", more: "")
            _ = try await harness.event()
            try cancel("t-1", harness)
            harness.clock.advance(by: .seconds(5))
            _ = try await harness.event()
            harness.clock.advance(by: .seconds(30))
            _ = try await harness.event()
            harness.clock.advance(by: .seconds(30))
            let last = try await harness.event()
            guard case .failed(let error, _, let possible) = last.happening else {
                Issue.record("\(last)")
                return
            }
            #expect(error.code == .unavailable && possible.map(\.text) == ["a"])
        }
        #expect(harness.waiting(in: "stowage.dead").count == 1)
    }

    @Test("a delete that may have happened is run to its end")
    func uncertainDelete() async throws {
        let harness = try await PipelineHarness()
        try cancel("t-1", harness)
        try await harness.whileWorking {
            var properties = MessageProperties()
            properties.userID = "worker"
            properties.headers = ["x-stowage-attempt": .integer(1), "x-stowage-replayed": .integer(1)]
            _ = try await harness.broker.publish(
                OutgoingMessage(
                    exchange: "stowage.tasks", routingKey: "a.delete", isMandatory: true, properties: properties,
                    body: Array(#"{"id":"t-1","operation":"delete","driver":"a","data":{"key":"k/n"}}"#.utf8)))
            #expect(try await harness.event().id == "t-1/r1/succeeded")
        }
    }
}
