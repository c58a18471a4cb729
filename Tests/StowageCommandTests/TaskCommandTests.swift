import Messaging
import StowageContract
import StrictCoding
import TestSupport
import Testing

@testable import StowageKit

@Suite("stowage task", .timeLimit(.minutes(1)))
struct TaskCommandTests {
    private let stat = #"{"operation":"stat","driver":"archive","data":{"key":"k"}}"#

    private func queued(_ bench: CommandBench) -> [OutgoingMessage] {
        bench.server.messages(in: "stowage.tasks.archive-quick")
    }

    @Test("a document goes out as it was written, however it is laid out")
    func unchanged() async throws {
        let document =
            "{\n  \"operation\": \"stat\",\n  \"id\": \"t-1\", \"driver\": \"archive\",\n  \"data\": {\"key\": \"k\"}\n}\n"
        let bench = try CommandBench()
        let folder = try TemporaryFolder()
        let output = await bench.run("task", try folder.write(document, to: "t.json"))
        #expect(output.code == .done)
        #expect(output.out == "sent t-1: stat on archive\n")
        let message = try #require(queued(bench).first)
        #expect(message.body == Array(document.utf8))
        #expect(message.properties.messageID == "t-1")
    }

    @Test("a task without an id gets one in the message")
    func identified() async throws {
        let bench = try CommandBench(input: [stat])
        let output = await bench.run("task", "-", "--json")
        #expect(output.code == .done)
        let message = try #require(queued(bench).first)
        let id = try #require(message.properties.messageID)
        #expect(output.json.first?["id"] == .string(id))
        #expect(output.json.first?["outcome"] == "sent")
        #expect(message.body == Array(stat.utf8))
    }

    @Test("lines are tasks, in whatever pieces they come; a wrong one is named, the others are sent")
    func lines() async throws {
        let text = (0..<100).map { #"{"id":"t-\#($0)","operation":"stat","driver":"archive","data":{"key":"k"}}"# }
        let all =
            (text[..<50] + [#"{"operation":"stat","driver":"archive","data":{"key":"k","kee":"k"}}"#] + text[50...])
            .joined(
                separator: "\n")
        let pieces = stride(from: 0, to: all.utf8.count, by: 37).map { start in
            String(decoding: all.utf8.dropFirst(start).prefix(37), as: UTF8.self)
        }
        let bench = try CommandBench(input: pieces)
        let output = await bench.run("task", "-")
        #expect(output.code == .usage)
        #expect(output.err.contains("line 51: "))
        #expect(output.err.contains("kee"))
        #expect(Set(queued(bench).compactMap(\.properties.messageID)).count == 100)
    }

    @Test("with --wait each line has its own end, and one failure gives 1")
    func waits() async throws {
        let bench = try CommandBench(
            input: (0..<3).map { #"{"id":"t-\#($0)","operation":"stat","driver":"archive","data":{"key":"k"}}"# + "\n" }
        )
        let output = try await bench.run(["task", "-", "--wait", "--json"]) { task in
            task.id.text == "t-1"
                ? [.event(Happenings.failed(.notFound, "no such key"), id: "failed")]
                : [
                    .event(
                        .succeeded(.stat(StatResult(handle: nil)), durationMilliseconds: 1, attempts: []),
                        id: "succeeded")
                ]
        }
        #expect(output.code == .taskFailed)
        let ends = Dictionary(
            uniqueKeysWithValues: output.json.map { ($0["id"]?.string ?? "", $0["outcome"]?.string ?? "") })
        #expect(ends == ["t-0": "succeeded", "t-1": "failed", "t-2": "succeeded"])
        #expect(output.json.first { $0["id"] == "t-1" }?["error"]?["code"] == "not-found")
    }

    @Test("what is no task gives 2 with the reason, and nothing is sent")
    func wrong() async throws {
        for (text, hint) in [
            ("", "holds no task"), ("{\"operation\":", "not JSON"), ("[1]", "object"),
            (#"{"operation":"stat","driver":"archive","data":{"key":"k"},"verson":1}"#, "did you mean version"),
        ] {
            let bench = try CommandBench(input: [text])
            let output = await bench.run("task", "-")
            #expect(output.code == .usage)
            #expect(output.err.contains(hint), "\(output.err)")
            #expect(queued(bench).isEmpty)
        }
    }

    @Test("a broker that refuses tasks gives 1, one that is not set up gives 2")
    func refusal() async throws {
        let bench = try CommandBench(input: [stat])
        bench.server.refusePublishes(to: "stowage.tasks", times: 1)
        let refused = await bench.run("task", "-")
        #expect(refused.code == .taskFailed)
        let elsewhere = try CommandBench(input: [stat])
        let missing = await elsewhere.run("task", "-", "--prefix", "other")
        #expect(missing.code == .usage)
        #expect(missing.err.contains("stowage topology declare"))
    }

    @Test("a task whose confirm was lost is sent again under the same id")
    func lostConfirm() async throws {
        let bench = try CommandBench(input: [stat])
        bench.server.losePublishes(to: "stowage.tasks", times: 2, taken: true)
        let output = await bench.run("task", "-")
        #expect(output.code == .done)
        #expect(queued(bench).count == 3)
        #expect(Set(queued(bench).compactMap(\.properties.messageID)).count == 1)
    }
}
