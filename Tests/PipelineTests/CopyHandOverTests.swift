import Foundation
import Messaging
import Pipeline
import Storage
import StowageContract
import TestSupport
import Testing

/// Copies that are longer than half of the acknowledgement timeout, which is half an hour in the harness.
@Suite("Hand-over of copies", .timeLimit(.minutes(1)))
struct CopyHandOverTests {
    /// Four chunks that differ.
    private static let bytes = (1...4).flatMap { [UInt8](repeating: $0, count: 262_144) }
    /// What the source brings at once.
    private static let chunkBytes: Int64 = 262_144

    /// A harness in which `a` holds `t-1/long.bin`, and `b` can go on with what was interrupted.
    private func stored(_ body: (PipelineHarness, _ from: DriverScript, _ to: DriverScript) async throws -> Void)
        async throws
    {
        let harness = try await PipelineHarness()
        let (from, to) = (try #require(harness.scripts["a"]), try #require(harness.scripts["b"]))
        to.resumes = true
        try await harness.whileWorking {
            let source = try harness.spool.write(Self.bytes, to: "long.bin")
            let store = """
                {"id":"t-1","operation":"store","driver":"a","data":{"name":"long.bin","source":{"file":"\(source)"}}}
                """
            try await harness.send(store, key: "a.store")
            #expect(try await harness.event().summary == "succeeded")
            from.forgetReads()
            to.closeGate()
            try await body(harness, from, to)
        }
    }

    private func send(_ harness: PipelineHarness) async throws {
        let body = #"{"id":"c-1","operation":"copy","driver":"a","data":{"key":"t-1/long.bin","to":"b"}}"#
        try await harness.send(body, key: "a.copy")
    }

    @Test("a copy beyond half of the timeout goes on in another delivery, and takes no byte again that is safe")
    func handOver() async throws {
        try await stored { harness, from, to in
            try await send(harness)
            for slice in 1...2 {
                await to.writesBegun(slice)
                harness.clock.advance(by: .seconds(900))
                to.admit()
            }
            await to.writesBegun(3)
            to.openGate()
            let event = try await harness.event()
            guard case .succeeded(.copy(let handle), _, _) = event.happening else {
                throw UnexpectedEvent(event.summary)
            }
            #expect(event.id == "c-1/succeeded" && event.attempt == 1 && event.sequence == 1)
            #expect(event.attempts.map(\.number) == [1])
            #expect(handle.driver.text == "b" && handle.key == "t-1/long.bin")
            #expect(to.upload.bytes == Self.bytes)
            let (size, part) = (Int64(Self.bytes.count), Self.chunkBytes)
            #expect(from.reads == [nil, nil, part..<size, nil, 2 * part..<size])
        }
    }

    @Test("a copy that broke off goes on behind what is safe in its next attempt")
    func retry() async throws {
        try await stored { harness, from, to in
            // The source goes away in the middle; nobody has to wait for it.
            to.openGate()
            from.bring(BreakingBody(Array(Self.bytes.prefix(Int(Self.chunkBytes))), size: Int64(Self.bytes.count)))
            try await send(harness)
            #expect(try await harness.event().summary == "retrying unavailable")
            harness.clock.advance(by: .seconds(5))
            #expect(try await harness.event().summary == "succeeded")
            #expect(from.reads == [nil, nil, Self.chunkBytes..<Int64(Self.bytes.count)])
            #expect(to.upload.bytes == Self.bytes)
        }
    }

    @Test("a copy whose source has other bytes by now ends as such, whatever was safe")
    func changedSource() async throws {
        try await stored { harness, from, to in
            to.openGate()
            var wrong = Self.bytes
            wrong[5] ^= 1
            from.bring(BreakingBody(Array(wrong.prefix(Int(Self.chunkBytes))), size: Int64(Self.bytes.count)))
            try await send(harness)
            #expect(try await harness.event().summary == "retrying unavailable")
            harness.clock.advance(by: .seconds(5))
            // The beginning was wrong: it is found out at the end, and thrown away.
            let event = try await harness.event()
            #expect(event.summary == "retrying integrity-mismatch")
            if case .retrying(let error, _) = event.happening { #expect(error.place == .source) }
        }
    }
}
