import Foundation
import Messaging
import Pipeline
import Storage
import StowageContract
import TestSupport
import Testing

@Suite("Replies and sources", .timeLimit(.minutes(1)))
struct ReplyTests {
    static let key = "abcdefghijklmnopqrstuvwxyz"

    static func retrieve(_ destination: String) -> String {
        #"{"id":"r-1","operation":"retrieve","driver":"a","data":{"key":"t-1/n.txt","destination":"#
            + destination + "}}"
    }

    @Test("inline bytes go to the requester only")
    func inline() async throws {
        let harness = try await PipelineHarness()
        let requester = InMemoryBroker(server: harness.server, user: "requester")
        let queue = try await requester.declareTemporaryQueue(
            bindings: [.init(exchange: "stowage.replies", queue: "", routingKey: Self.key)])
        try await harness.whileWorking {
            try await harness.store("t-1")
            _ = try await harness.event()
            try await harness.send(Self.retrieve(#"{"inline":true}"#), key: "a.retrieve") { $0.replyTo = Self.key }
            let event = try await harness.event()
            guard case .succeeded(.retrieve(let shown), _, _) = event.happening else {
                Issue.record("\(event.summary)")
                return
            }
            #expect(shown.inline == nil)
            let delivery = try #require(try await requester.get(queue))
            guard case .complete(let body) = delivery.body,
                case .succeeded(.retrieve(let result), _, _) = try TaskEvent.read(body: body).happening
            else { return }
            #expect(result.inline.map { String(decoding: $0, as: UTF8.self) } == "bytes")
            #expect(result.verified)
        }
    }

    @Test("a requester that is gone makes an inline retrieve fail")
    func goneRequester() async throws {
        let harness = try await PipelineHarness()
        try await harness.whileWorking {
            try await harness.store("t-1")
            _ = try await harness.event()
            try await harness.send(Self.retrieve(#"{"inline":true}"#), key: "a.retrieve") { $0.replyTo = Self.key }
            #expect(try await harness.event().summary == "failed not-found")
        }
    }

    @Test("without a requester there is nowhere for inline bytes")
    func noRequester() async throws {
        let harness = try await PipelineHarness()
        try await harness.whileWorking {
            try await harness.store("t-1")
            _ = try await harness.event()
            try await harness.send(Self.retrieve(#"{"inline":true}"#), key: "a.retrieve")
            #expect(try await harness.event().summary == "failed invalid-task")
        }
    }

    @Test("a retrieve into a file never replaces, and the same bytes are success")
    func file() async throws {
        let harness = try await PipelineHarness()
        let path = harness.spool.path + "/out.txt"
        try await harness.whileWorking {
            try await harness.store("t-1")
            _ = try await harness.event()
            for _ in 1...2 {
                try await harness.send(Self.retrieve(#"{"file":"\#(path)"}"#), key: "a.retrieve")
                #expect(try await harness.event().summary == "succeeded")
            }
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "bytes")
            try FileManager.default.removeItem(atPath: path)
            try "other".write(toFile: path, atomically: false, encoding: .utf8)
            try await harness.send(Self.retrieve(#"{"file":"\#(path)"}"#), key: "a.retrieve")
            #expect(try await harness.event().summary == "failed conflict")
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "other")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: harness.spool.path) == ["out.txt"])
    }

    @Test("a source is removed after its archive is announced, unless it has changed")
    func removeSource() async throws {
        let harness = try await PipelineHarness()
        func store(_ id: String, _ path: String) -> String {
            #"{"id":"\#(id)","operation":"store","driver":"a","data":{"name":"n","source":{"file":"\#(path)"},"removeSource":true}}"#
        }
        let path = harness.spool.path + "/in.txt"
        let body = store("t-1", path)
        try "one".write(toFile: path, atomically: false, encoding: .utf8)
        let script = try #require(harness.scripts["a"])
        try await harness.whileWorking {
            try await harness.send(body, key: "a.store")
            #expect(try await harness.event().summary == "succeeded")
            #expect(try await eventually { !FileManager.default.fileExists(atPath: path) })
            // Delivered again: the source is gone, the manifest answers.
            try await harness.send(body, key: "a.store")
            #expect(try await harness.event().storeResult?.alreadyPresent == true)
            // Another task, whose source is replaced while it is stored. A file of its own: the last one may still be
            // looked for.
            let path = harness.spool.path + "/other.txt"
            try "two".write(toFile: path, atomically: false, encoding: .utf8)
            script.closeGate()
            try await harness.send(store("t-2", path), key: "a.store")
            await script.writesBegun(2)
            // Another file takes the name while the first one is being stored.
            try "three".write(toFile: path + ".new", atomically: false, encoding: .utf8)
            #expect(rename(path + ".new", path) == 0)
            script.openGate()
            #expect(try await harness.event().summary == "succeeded")
            #expect(try await harness.event().summary == "source-kept")
            #expect(try await harness.stored("t-2/n", on: "a") == "two")
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "three")
        }
    }
}
