import Foundation
import Messaging
import Pipeline
import StowageContract
import TestSupport
import Testing

/// One bad message and the answer to it.
struct BadMessage: Sendable, CustomTestStringConvertible {
    var name: String
    var key = "a.store"
    var body: [UInt8]
    var change: @Sendable (inout MessageProperties) -> Void = { _ in }
    var task: String?
    var code = "invalid-task"

    init(
        _ name: String, key: String = "a.store", _ text: String, task: String? = nil, code: String = "invalid-task",
        change: @escaping @Sendable (inout MessageProperties) -> Void = { _ in }
    ) {
        self.name = name
        self.key = key
        self.body = Array(text.utf8)
        self.change = change
        self.task = task
        self.code = code
    }

    init(_ name: String, bytes: [UInt8]) {
        self.init(name, "")
        self.body = bytes
    }

    var testDescription: String { name }
}

@Suite("A message that cannot be a task", .timeLimit(.minutes(1)))
struct RefusalTests {
    static func store(_ data: String, more: String = "") -> String {
        #"{"id":"t-1","operation":"store","driver":"a","data":{"# + data + "}" + more + "}"
    }

    static let cases: [BadMessage] = [
        .init("is not JSON", "not json"),
        .init("is empty", ""),
        .init("is not UTF-8", bytes: [0x7B, 0xFF, 0xFE, 0x7D]),
        .init("nests 50,000 brackets", String(repeating: "[", count: 50_000)),
        .init("has a member twice", #"{"id":"t-1","id":"t-2","data":{}}"#),
        .init("has an unknown member", store(#""name":"n","source":{"inline":""},"nmae":"x""#), task: "t-1"),
        .init("has a member of a wrong type", store(#""name":7,"source":{"inline":""}"#), task: "t-1"),
        .init("has a huge number", store(#""name":"n","source":{"inline":""},"size":1e400"#)),
        .init("climbs in its name", store(#""name":"../n","source":{"inline":""}"#), task: "t-1"),
        .init("climbs in its path", store(#""name":"n","path":"a/../b","source":{"inline":""}"#), task: "t-1"),
        .init("takes a name of ours", store(#""name":".stowage.json","source":{"inline":""}"#), task: "t-1"),
        .init("has two sources", store(#""name":"n","source":{"inline":"","file":"/x"}"#), task: "t-1"),
        .init(
            "names another driver without being its peer",
            store(#""name":"n","source":{"inline":""}"#, more: #","fallbacks":["c"]"#), task: "t-1",
            code: "permission-denied"),
        .init(
            "takes a handle of a driver that is no peer",
            store(#""name":"n","source":{"handle":{"driver":"c","key":"k/x/y"}}"#), task: "t-1",
            code: "permission-denied"),
        .init(
            "disagrees with its routing key", key: "b.store", store(#""name":"n","source":{"inline":""}"#), task: "t-1"),
        .init(
            "disagrees with its message-id", store(#""name":"n","source":{"inline":""}"#), task: "t-2",
            change: { $0.messageID = "t-2" }),
        .init(
            "has a message-id of 255 bytes", #"{"operation":"store","driver":"a","data":{}}"#,
            change: { $0.messageID = String(repeating: "m", count: 255) }),
        .init(
            "replies into another queue", store(#""name":"n","source":{"inline":""}"#), task: "t-1",
            change: { $0.replyTo = "stowage.dead" }),
        .init(
            "forges worker headers", store(#""nam":"n","source":{"inline":""}"#), task: "t-1",
            change: {
                $0.userID = "producer"
                $0.headers = ["x-stowage-attempt": .integer(5), "x-stowage-replayed": .integer(9)]
            }),
        .init("asks for an unknown driver", key: "zebra.store", "{}", code: "unknown-driver"),
        .init("has a routing key of one word", key: "store", "{}"),
    ]

    @Test("gets one clear answer and is parked", arguments: cases)
    func refused(_ message: BadMessage) async throws {
        let harness = try await PipelineHarness()
        try await harness.whileWorking {
            var properties = MessageProperties()
            message.change(&properties)
            _ = try await harness.producer.publish(
                OutgoingMessage(
                    exchange: "stowage.tasks", routingKey: message.key, isMandatory: true, properties: properties,
                    body: message.body))
            let event = try await harness.event()
            #expect(event.summary == "failed \(message.code)")
            #expect(event.sequence == 1 && event.attempt == 1)
            if let task = message.task {
                #expect(event.task == task)
            } else {
                #expect(event.task.hasPrefix("sha256-"))
            }
            guard case .failed(let error, _, _) = event.happening else { return }
            #expect(!error.retryable)
            #expect(error.message.utf8.count <= 600)
        }
        #expect(harness.waiting(in: "stowage.dead").map(\.body) == [message.body])
        #expect(harness.waiting(in: "stowage.dead").first?.properties.headers["x-stowage-replayed"] == nil)
        #expect(harness.waiting(in: "stowage.tasks.a").isEmpty)
        #expect(harness.server.unsettledCount <= 1000)
    }
}
