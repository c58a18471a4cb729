import Foundation
import Glibc
import Messaging
import Pipeline
import ServiceRuntime
import Storage
import StowageContract
import TestSupport
import Testing

/// Retrieves that are longer than half of the acknowledgement timeout, which is half an hour in the harness.
@Suite("Hand-over of retrieves", .timeLimit(.minutes(1)))
struct RetrieveHandOverTests {
    /// Four chunks that differ.
    private static let bytes = (1...4).flatMap { [UInt8](repeating: $0, count: 262_144) }
    private static let size: Int64 = 1 << 20
    /// What the store brings at once.
    private static let part: Int64 = 262_144

    /// A harness in which `a` holds `t-1/long.bin`, and a folder for what is retrieved.
    private func stored(_ body: (PipelineHarness, DriverScript, _ folder: String) async throws -> Void) async throws {
        let harness = try await PipelineHarness()
        let script = try #require(harness.scripts["a"])
        let folder = harness.spool.path("out")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        try await harness.whileWorking {
            let source = try harness.spool.write(Self.bytes, to: "long.bin")
            let store = """
                {"id":"t-1","operation":"store","driver":"a","data":{"name":"long.bin","source":{"file":"\(source)"}}}
                """
            try await harness.send(store, key: "a.store")
            #expect(try await harness.event().summary == "succeeded")
            script.forgetReads()
            try await body(harness, script, folder)
        }
    }

    private func send(_ harness: PipelineHarness) async throws {
        let path = harness.spool.path("out/got.bin")
        let body = """
            {"id":"r-1","operation":"retrieve","driver":"a",
             "data":{"key":"t-1/long.bin","destination":{"file":"\(path)"}}}
            """
        try await harness.send(body, key: "a.retrieve")
    }

    private func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder)
    }

    /// What was brought, and nothing beside it.
    private func expectWhole(_ folder: String) throws {
        #expect(try names(in: folder) == ["got.bin"])
        #expect(FileManager.default.contents(atPath: folder + "/got.bin") == Data(Self.bytes))
    }

    /// A beginning of the archive, after which the store goes away.
    private func breaking(_ change: (inout [UInt8]) -> Void = { _ in }) -> BreakingBody {
        var bytes = Array(Self.bytes.prefix(Int(Self.part)))
        change(&bytes)
        return BreakingBody(bytes, size: Self.size)
    }

    @Test("a retrieve beyond half of the timeout goes on in another delivery, and shows nothing before it is whole")
    func handOver() async throws {
        try await stored { harness, script, folder in
            let before = script.writes
            script.gatesReads = true
            script.closeGate()
            try await send(harness)
            for slice in 1...2 {
                await script.writesBegun(before + slice)
                let names = try names(in: folder)
                #expect(names.count == 1 && names.allSatisfy { $0.hasPrefix(".stowage-partial-") })
                harness.clock.advance(by: .seconds(900))
                script.admit()
            }
            await script.writesBegun(before + 3)
            script.openGate()
            let event = try await harness.event()
            guard case .succeeded(.retrieve(let result), _, _) = event.happening else {
                throw UnexpectedEvent(event.summary)
            }
            #expect(event.id == "r-1/succeeded" && event.attempt == 1 && event.sequence == 1)
            #expect(result.size == Self.size && result.verified)
            #expect(script.reads == [nil, Self.part..<Self.size, 2 * Self.part..<Self.size])
            try expectWhole(folder)
        }
    }

    @Test("a retrieve that broke off goes on behind what was brought in its next attempt")
    func retry() async throws {
        try await stored { harness, script, folder in
            script.bring(breaking())
            try await send(harness)
            #expect(try await harness.event().summary == "retrying unavailable")
            harness.clock.advance(by: .seconds(5))
            #expect(try await harness.event().summary == "succeeded")
            #expect(script.reads == [nil, Self.part..<Self.size])
            try expectWhole(folder)
        }
    }

    @Test("what was brought and is not the archive's is found out in the end, and the whole is brought anew")
    func wrongPrefix() async throws {
        try await stored { harness, script, folder in
            script.bring(breaking { $0[5] ^= 1 })
            try await send(harness)
            #expect(try await harness.event().summary == "retrying unavailable")
            harness.clock.advance(by: .seconds(5))
            let event = try await harness.event()
            #expect(event.summary == "succeeded" && event.attempt == 2)
            #expect(script.reads == [nil, Self.part..<Self.size, nil])
            try expectWhole(folder)
        }
    }

    @Test("a partial file that is longer than the archive, or has all of it, is no trouble", arguments: [1, 0])
    func oddSizes(excess: Int) async throws {
        try await stored { harness, script, folder in
            script.bring(breaking())
            try await send(harness)
            #expect(try await harness.event().summary == "retrying unavailable")
            let partial = try #require(try names(in: folder).first)
            let bytes = Data(Self.bytes + [UInt8](repeating: 0, count: excess))
            // In place: another file under the name would have another owner, or none.
            let file = try #require(FileHandle(forWritingAtPath: folder + "/" + partial))
            try file.write(contentsOf: bytes)
            try file.close()
            harness.clock.advance(by: .seconds(5))
            #expect(try await harness.event().summary == "succeeded")
            #expect(script.reads == (excess > 0 ? [nil, nil] : [nil]))
            try expectWhole(folder)
        }
    }

    @Test("a partial file that somebody else writes is left alone, and the delivery is kept to its end")
    func locked() async throws {
        try await stored { harness, script, folder in
            script.bring(breaking())
            try await send(harness)
            #expect(try await harness.event().summary == "retrying unavailable")
            let partial = folder + "/" + (try #require(try names(in: folder).first))
            let descriptor = open(partial, O_RDWR)
            defer { close(descriptor) }
            #expect(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
            let before = script.writes
            script.gatesReads = true
            script.closeGate()
            harness.clock.advance(by: .seconds(5))
            await script.writesBegun(before + 1)
            harness.clock.advance(by: .seconds(5000))
            script.openGate()
            #expect(try await harness.event().summary == "succeeded")
            #expect(script.reads == [nil, nil])
            #expect(FileManager.default.contents(atPath: folder + "/got.bin") == Data(Self.bytes))
            #expect(FileManager.default.contents(atPath: partial) == Data(Self.bytes.prefix(Int(Self.part))))
        }
    }

    @Test("a retrieve that failed for good leaves nothing, and one that an operator cancelled neither")
    func ended() async throws {
        try await stored { harness, script, folder in
            script.bring(BreakingBody([1, 2, 3], size: Self.size, retry: .permanent))
            try await send(harness)
            #expect(try await harness.event().summary == "failed unavailable")
            #expect(try names(in: folder).isEmpty)

            let before = script.writes
            script.gatesReads = true
            script.closeGate()
            try await send(harness)
            await script.writesBegun(before + 1)
            #expect(try names(in: folder).count == 1)
            let now = Timestamp(millisecondsSinceEpoch: harness.clock.time.millisecondsSinceEpoch)
            harness.control.apply(
                ControlOrder(.cancel(try #require(TaskID("r-1"))), by: "op", sentAt: now), now: now)
            script.openGate()
            #expect(try await harness.event().summary == "cancelled")
            #expect(try names(in: folder).isEmpty)
        }
    }

    @Test("what stands at the destination is never replaced")
    func occupied() async throws {
        try await stored { harness, _, folder in
            #expect(FileManager.default.createFile(atPath: folder + "/got.bin", contents: Data([1])))
            try await send(harness)
            #expect(try await harness.event().summary == "failed conflict")
            #expect(FileManager.default.contents(atPath: folder + "/got.bin") == Data([1]))
            #expect(try names(in: folder) == ["got.bin"])
        }
    }
}
