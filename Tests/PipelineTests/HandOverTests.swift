import Foundation
import Messaging
import Pipeline
import Storage
import StowageContract
import TestSupport
import Testing

/// The acknowledgement timeout of the harness is half an hour: a delivery may be held for 900 seconds.
@Suite("Hand-over of long tasks", .timeLimit(.minutes(1)))
struct HandOverTests {
    private static let bytes = (0..<1 << 20).map { UInt8(truncatingIfNeeded: $0 / 7) }
    /// What the source brings at once.
    private static let chunkBytes: Int64 = 262_144

    private func sendStore(_ harness: PipelineHarness, _ id: String = "t-1") async throws {
        let source = try harness.spool.write(Self.bytes, to: "long.bin")
        let body = """
            {"id":"\(id)","operation":"store","driver":"a","data":{"name":"long.bin","source":{"file":"\(source)"}}}
            """
        #expect(try await harness.send(body, key: "a.store") == .confirmed)
    }

    @Test("a store beyond half of the timeout goes on in another delivery, neither as an attempt nor as a hop")
    func handOver() async throws {
        let harness = try await PipelineHarness()
        let script = try #require(harness.scripts["a"])
        script.resumes = true
        script.closeGate()
        try await harness.whileWorking {
            try await sendStore(harness)
            for slice in 1...2 {
                await script.writesBegun(slice)
                harness.clock.advance(by: .seconds(900))
                script.admit()
            }
            await script.writesBegun(3)
            script.openGate()
            let event = try await harness.event()
            let result = try #require(event.storeResult)
            #expect(event.id == "t-1/succeeded" && event.attempt == 1 && event.sequence == 1)
            #expect(event.attempts.map(\.number) == [1])
            #expect(result.slices == 3)
            #expect(result.resumedBytes == 2 * Self.chunkBytes)
            #expect(result.sourceBytes == 2 * Self.chunkBytes)
            #expect(
                try await harness.stored("t-1/long.bin", on: "a") == String(decoding: Self.bytes, as: UTF8.self))
        }
        #expect(harness.waiting(in: "stowage.tasks.a").isEmpty)
    }

    @Test("the copy says which slice comes, and nothing of an attempt")
    func copy() async throws {
        let harness = try await PipelineHarness()
        let script = try #require(harness.scripts["a"])
        script.resumes = true
        script.closeGate()
        // A queue beside the worker's sees what the worker publishes for itself.
        let admin = InMemoryBroker(server: harness.server, user: "admin")
        try await admin.declare(.queue(name: "tap", arguments: [:]), passive: false)
        let tap = TopologyItem.Binding(exchange: harness.names.tasks, queue: "tap", routingKey: "a.store")
        try await admin.declare(.binding(tap), passive: false)
        try await harness.whileWorking {
            try await sendStore(harness)
            await script.writesBegun(1)
            harness.clock.advance(by: .seconds(900))
            script.openGate()
            #expect(try await harness.event().summary == "succeeded")
        }
        let copies = harness.waiting(in: "tap").dropFirst()
        #expect(copies.count == 1)
        let headers = try #require(copies.first?.properties.headers)
        #expect(copies.first?.routingKey == "a.store")
        #expect(headers["x-stowage-slice"] == .integer(1))
        #expect(headers["x-stowage-attempt"] == .integer(1))
        #expect(headers["x-stowage-history"] == nil)
        #expect(headers["x-stowage-slip"] == .string("b"))
    }

    @Test("without a checkpoint the delivery is kept, however long it takes")
    func kept() async throws {
        let harness = try await PipelineHarness()
        let script = try #require(harness.scripts["a"])
        script.closeGate()
        try await harness.whileWorking {
            try await sendStore(harness)
            await script.writesBegun(1)
            harness.clock.advance(by: .seconds(5000))
            script.openGate()
            let result = try #require(try await harness.event().storeResult)
            #expect(result.slices == 1 && result.resumedBytes == 0 && result.sourceBytes == 1 << 20)
        }
    }

    @Test("a delivery that was lost three times to the broker's patience ends as timed out")
    func thirdLoss() async throws {
        let harness = try await PipelineHarness(fallbacks: [:])
        let script = try #require(harness.scripts["a"])
        script.closeGate()
        try await harness.whileWorking {
            try await sendStore(harness)
            for loss in 1...3 {
                await script.writesBegun(loss)
                harness.clock.advance(by: .seconds(1800))
                // As the broker does: the channel closes, and what was delivered on it returns.
                harness.broker.dropConnection()
            }
            let event = try await harness.event()
            #expect(event.summary == "failed timed-out")
            #expect(harness.waiting(in: "stowage.dead").count == 1)
            // What was lost is stored after all, and said: a success wins over a failure.
            script.openGate()
            #expect(try await harness.event().summary == "succeeded")
        }
    }

    @Test("a connection that is lost early is no loss of patience")
    func earlyLoss() async throws {
        let harness = try await PipelineHarness(fallbacks: [:])
        let script = try #require(harness.scripts["a"])
        script.closeGate()
        try await harness.whileWorking {
            try await sendStore(harness)
            for loss in 1...5 {
                await script.writesBegun(loss)
                harness.clock.advance(by: .seconds(10))
                harness.broker.dropConnection()
            }
            await script.writesBegun(6)
            script.openGate()
            #expect(try await harness.event().summary == "succeeded")
        }
    }
}
