import Messaging
import Pipeline
import ServiceRuntime
import Storage
import StowageContract
import TestSupport
import Testing

@Suite("Presigned URLs in the pipeline", .timeLimit(.minutes(1)))
struct PresignTests {
    private static let task =
        #"{"id":"p-1","operation":"presign","driver":"a","data":{"key":"t-1/n.txt","expiresSeconds":60}}"#

    @Test("go to the requester only: not into the event, not into the log")
    func reply() async throws {
        let harness = try await PipelineHarness(presigning: ["a"])
        let requester = InMemoryBroker(server: harness.server, user: "requester")
        let queue = try await requester.declareTemporaryQueue(
            bindings: [.init(exchange: "stowage.replies", queue: "", routingKey: ReplyTests.key)])
        try await harness.whileWorking {
            try await harness.store("t-1")
            _ = try await harness.event()
            try await harness.send(Self.task, key: "a.presign") { $0.replyTo = ReplyTests.key }
            let event = try await harness.event()
            guard case .succeeded(.presign(let expiresAt, let url), _, _) = event.happening else {
                Issue.record("\(event.summary)")
                return
            }
            #expect(url == nil)
            #expect(!String(decoding: event.encoded(), as: UTF8.self).contains(PresigningDriver.signature))
            #expect(expiresAt.millisecondsSinceEpoch == harness.clock.time.millisecondsSinceEpoch + 60_000)
            let delivery = try #require(try await requester.get(queue))
            guard case .complete(let body) = delivery.body,
                case .succeeded(.presign(let same, let secret), _, _) = try TaskEvent.read(body: body).happening
            else { throw UnexpectedEvent("no reply") }
            #expect(same == expiresAt)
            #expect(secret == "https://store.example.org/t-1/n.txt?signature=\(PresigningDriver.signature)")
        }
        #expect(harness.log.lines.contains { $0["task.id"] == "p-1" })
        #expect(!harness.log.lines.contains { "\($0)".contains(PresigningDriver.signature) })
        let parked = harness.waiting(in: "stowage.dead") + harness.waiting(in: "listener")
        #expect(!parked.contains { String(decoding: $0.body, as: UTF8.self).contains(PresigningDriver.signature) })
    }

    @Test("without a requester there is nowhere for them, and one that is gone makes the task fail")
    func noRequester() async throws {
        let harness = try await PipelineHarness(presigning: ["a"])
        try await harness.whileWorking {
            try await harness.store("t-1")
            _ = try await harness.event()
            try await harness.send(Self.task, key: "a.presign")
            #expect(try await harness.event().summary == "failed invalid-task")
            try await harness.send(Self.task, key: "a.presign") { $0.replyTo = ReplyTests.key }
            let gone = try await harness.event()
            #expect(gone.summary == "failed not-found")
            #expect(!String(decoding: gone.encoded(), as: UTF8.self).contains(PresigningDriver.signature))
        }
    }

    @Test("are unsupported where the driver gives out none")
    func unsupported() async throws {
        let harness = try await PipelineHarness()
        try await harness.whileWorking {
            try await harness.store("t-1")
            _ = try await harness.event()
            try await harness.send(Self.task, key: "a.presign") { $0.replyTo = ReplyTests.key }
            #expect(try await harness.event().summary == "failed unsupported")
        }
    }
}
