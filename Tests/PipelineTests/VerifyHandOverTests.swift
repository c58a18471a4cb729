import Foundation
import Messaging
import Pipeline
import Storage
import StowageContract
import TestSupport
import Testing

/// Verifications that are longer than half of the acknowledgement timeout, which is half an hour in the harness.
@Suite("Hand-over of verifications", .timeLimit(.minutes(1)))
struct VerifyHandOverTests {
    /// Four chunks that differ.
    private static let bytes = (1...4).flatMap { [UInt8](repeating: $0, count: 262_144) }
    private static let size: Int64 = 1 << 20
    /// What the store brings at once.
    private static let part: Int64 = 262_144

    /// A harness in which `a` holds `t-1/long.bin`, and every chunk of it waits at the gate.
    private func stored(_ body: (PipelineHarness, DriverScript) async throws -> Void) async throws {
        let harness = try await PipelineHarness()
        let script = try #require(harness.scripts["a"])
        try await harness.whileWorking {
            let source = try harness.spool.write(Self.bytes, to: "long.bin")
            let store = """
                {"id":"t-1","operation":"store","driver":"a","data":{"name":"long.bin","source":{"file":"\(source)"}}}
                """
            try await harness.send(store, key: "a.store")
            #expect(try await harness.event().summary == "succeeded")
            script.forgetReads()
            script.gatesReads = true
            try await body(harness, script)
        }
    }

    private static let verify = #"{"id":"v-1","operation":"verify","driver":"a","data":{"key":"t-1/long.bin"}}"#

    private func result(_ event: TaskEvent) throws -> VerifyResult {
        guard case .succeeded(.verify(let result), _, _) = event.happening else { throw UnexpectedEvent(event.summary) }
        return result
    }

    @Test("a verify beyond half of the timeout reads on in another delivery, neither as an attempt nor as a hop")
    func handOver() async throws {
        // A queue beside the worker's sees what the worker publishes for itself.
        try await stored { harness, script in
            let admin = InMemoryBroker(server: harness.server, user: "admin")
            try await admin.declare(.queue(name: "tap", arguments: [:]), passive: false)
            let tap = TopologyItem.Binding(exchange: harness.names.tasks, queue: "tap", routingKey: "a.verify")
            try await admin.declare(.binding(tap), passive: false)
            let before = script.writes
            script.closeGate()
            try await harness.send(Self.verify, key: "a.verify")
            for slice in 1...2 {
                await script.writesBegun(before + slice)
                harness.clock.advance(by: .seconds(900))
                script.admit()
            }
            await script.writesBegun(before + 3)
            script.openGate()
            let event = try await harness.event()
            #expect(event.id == "v-1/succeeded" && event.attempt == 1 && event.sequence == 1)
            #expect(event.attempts.map(\.number) == [1])
            #expect(try result(event).state == .ok)
            #expect(script.reads == [nil, Self.part..<Self.size, 2 * Self.part..<Self.size])
            let copies = harness.waiting(in: "tap").dropFirst().map(\.properties.headers)
            #expect(copies.map { $0["x-stowage-slice"] } == [.integer(1), .integer(2)])
            #expect(copies.allSatisfy { $0["x-stowage-checkpoint"]?.text?.isEmpty == false })
            #expect(copies.first?["x-stowage-checkpoint"] != copies.last?["x-stowage-checkpoint"])
            #expect(copies.allSatisfy { $0["x-stowage-history"] == nil })
        }
    }

    @Test("a verify that fails behind a checkpoint goes on from it in its next attempt")
    func retry() async throws {
        try await stored { harness, script in
            let before = script.writes
            script.closeGate()
            try await harness.send(Self.verify, key: "a.verify")
            await script.writesBegun(before + 1)
            harness.clock.advance(by: .seconds(900))
            script.fail(.stat, StorageError(.unavailable, .exhausted, "the store is away"))
            script.openGate()
            #expect(try await harness.event().summary == "retrying unavailable")
            harness.clock.advance(by: .seconds(5))
            #expect(try result(try await harness.event()).state == .ok)
            #expect(script.reads == [nil, Self.part..<Self.size])
        }
    }

    @Test("a checkpoint counts from a worker only, and only where nothing about it is odd")
    func strangers() async throws {
        try await stored { harness, script in
            let before = script.writes
            // What a worker would hand over after the first chunk.
            let admin = InMemoryBroker(server: harness.server, user: "admin")
            try await admin.declare(.queue(name: "tap", arguments: [:]), passive: false)
            let tap = TopologyItem.Binding(exchange: harness.names.tasks, queue: "tap", routingKey: "a.verify")
            try await admin.declare(.binding(tap), passive: false)
            script.closeGate()
            try await harness.send(Self.verify, key: "a.verify")
            await script.writesBegun(before + 1)
            harness.clock.advance(by: .seconds(900))
            script.openGate()
            #expect(try result(try await harness.event()).state == .ok)
            let copy = try #require(harness.waiting(in: "tap").last)
            let good = try #require(copy.properties.headers["x-stowage-checkpoint"]?.text)
            script.forgetReads()

            try await harness.send(Self.verify, key: "a.verify") { $0.headers = copy.properties.headers }
            #expect(try result(try await harness.event()).state == .ok)
            var headers = copy.properties.headers
            for text in [good, String(good.dropLast()), "{}"] {
                headers["x-stowage-checkpoint"] = .string(text)
                var properties = copy.properties
                properties.headers = headers
                _ = try await harness.broker.publish(
                    OutgoingMessage(
                        exchange: "stowage.tasks", routingKey: "a.verify", properties: properties, body: copy.body))
                #expect(try result(try await harness.event()).state == .ok)
            }
            #expect(script.reads == [nil, Self.part..<Self.size, nil, nil])
        }
    }
}
