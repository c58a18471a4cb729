import Foundation
import Messaging
import Pipeline
import Storage
import StowageContract
import TestSupport
import Testing

@Suite("Copies", .timeLimit(.minutes(1)))
struct CopiesTests {
    /// Sends a store on `a` with a copy on `b`, which is no fallback of it.
    private func store(_ harness: PipelineHarness, source: String? = nil, more: String = "") async throws {
        let source = source ?? #"{"inline":"\#(Data("bytes".utf8).base64EncodedString())"}"#
        let body = """
            {"id":"t-1","operation":"store","driver":"a","fallbacks":[],
             "data":{"name":"n.txt","source":\(source),"copies":["b"]\(more)}}
            """
        #expect(try await harness.send(body, key: "a.store") == .confirmed)
    }

    @Test("a copy is made with the same reading and stands in the event")
    func stands() async throws {
        let harness = try await PipelineHarness()
        try await harness.whileWorking {
            try await store(harness)
            let event = try await harness.event()
            let result = try #require(event.storeResult)
            #expect(result.handle.driver.text == "a")
            #expect(result.sourceBytes == 5)
            guard case .stands(let driver, let handle)? = result.copies.first else {
                Issue.record("\(result.copies)")
                return
            }
            #expect(driver.text == "b")
            #expect(handle.driver == driver)
            #expect(handle.key == result.handle.key)
            #expect(handle.sha256 == result.handle.sha256)
            #expect(try await harness.stored("t-1/n.txt", on: "a") == "bytes")
            #expect(try await harness.stored("t-1/n.txt", on: "b") == "bytes")
        }
    }

    @Test("a copy that cannot be made is named with its error, and the task succeeds")
    func refused() async throws {
        let harness = try await PipelineHarness()
        try #require(harness.scripts["b"]).fail(.write, StorageError(.readOnly, .permanent, "no writes here"))
        try await harness.whileWorking {
            try await store(harness)
            let event = try await harness.event()
            let copies = try #require(event.storeResult).copies
            guard case .missing(let driver, let error, let followUp)? = copies.first else {
                Issue.record("\(copies)")
                return
            }
            #expect(driver.text == "b")
            #expect(error.code == .readOnly)
            #expect(followUp == nil)
            #expect(try await harness.stored("t-1/n.txt", on: "a") == "bytes")
        }
    }

    @Test("a copy whose error may pass is made by a task of its own")
    func followUp() async throws {
        let harness = try await PipelineHarness()
        let away = StorageError(.unavailable, .exhausted, "the store is away")
        try #require(harness.scripts["b"]).fail(.write, away)
        try await harness.whileWorking {
            try await store(harness)
            let event = try await harness.event()
            #expect(event.id == "t-1/succeeded")
            guard case .missing(_, let error, let followUp?)? = event.storeResult?.copies.first else {
                Issue.record("\(String(describing: event.storeResult))")
                return
            }
            #expect(error.code == .unavailable)
            #expect(error.retryable)
            // SHA-256 of "t-1/b".
            #expect(followUp.text == "c-0c09c0c835a480ce344dc1ebe03beee4")
            let copied = try await harness.event()
            #expect(copied.id == followUp.text + "/succeeded")
            #expect(try await harness.stored("t-1/n.txt", on: "b") == "bytes")
        }
    }

    @Test("without its archive no copy stands")
    func withoutArchive() async throws {
        let harness = try await PipelineHarness()
        try #require(harness.scripts["a"]).fail(.write, StorageError(.readOnly, .permanent, "no writes here"))
        try await harness.whileWorking {
            try await store(harness)
            let event = try await harness.event()
            #expect(event.summary == "failed read-only")
            #expect(try await harness.stored("t-1/n.txt", on: "b") == nil)
        }
    }

    @Test("an archive that stood unseen is followed the next time")
    func secondAttempt() async throws {
        let harness = try await PipelineHarness()
        try #require(harness.scripts["a"]).fail(.write, PipelineTests.ambiguous, afterEffect: true)
        try await harness.whileWorking {
            try await store(harness)
            #expect(try await harness.event().id == "t-1/retrying/1")
            #expect(try await harness.stored("t-1/n.txt", on: "b") == nil)
            harness.clock.advance(by: .seconds(5))
            let result = try #require(try await harness.event().storeResult)
            #expect(result.alreadyPresent)
            guard case .stands? = result.copies.first else {
                Issue.record("\(result.copies)")
                return
            }
            #expect(try await harness.stored("t-1/n.txt", on: "b") == "bytes")
        }
    }

    @Test("the source stays when a copy is missing")
    func removeSource() async throws {
        let harness = try await PipelineHarness()
        let file = harness.spool.path("source.bin")
        try Data("bytes".utf8).write(to: URL(fileURLWithPath: file))
        try #require(harness.scripts["b"]).fail(.write, StorageError(.readOnly, .permanent, "no writes here"))
        try await harness.whileWorking {
            try await store(harness, source: #"{"file":"\#(file)"}"#, more: #","removeSource":true"#)
            #expect(try await harness.event().summary == "succeeded")
            let kept = try await harness.event()
            guard case .sourceKept(let reason) = kept.happening else {
                Issue.record("\(kept)")
                return
            }
            #expect(reason == "no copy stands on b")
        }
        #expect(FileManager.default.fileExists(atPath: file))
    }
}
