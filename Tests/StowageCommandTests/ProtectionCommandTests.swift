import Messaging
import StowageContract
import TestSupport
import Testing

@testable import StowageKit

@Suite("stowage copy, retain and presign", .timeLimit(.minutes(1)))
struct ProtectionCommandTests {
    private let line = ["x/t-1/a.bin", "-d", "archive"]

    /// The task that a command sends; nobody answers it.
    private func sent(_ command: String, _ options: String..., queue: String) async throws -> TaskData {
        let bench = try CommandBench()
        async let running = bench.run([command] + line + options + ["--timeout", "5"])
        try await require(eventually: "the task to be sent") { !bench.server.messages(in: queue).isEmpty }
        let message = try #require(bench.server.messages(in: queue).first)
        try await bench.pass(.seconds(5))
        #expect(await running.code == .timedOut)
        return try StorageTask.read(
            body: message.body, routingKey: message.routingKey, messageID: message.properties.messageID,
            now: Timestamp(millisecondsSinceEpoch: 0)
        ).data
    }

    @Test("copy says where to, under which key, and what becomes of the source")
    func copy() async throws {
        let archive = ArchiveReference.key("x/t-1/a.bin")
        let target = try #require(DriverName("b"))
        #expect(
            try await sent("copy", "--to", "b", queue: "stowage.tasks.archive")
                == .copy(CopyData(archive: archive, to: target)))
        #expect(
            try await sent(
                "copy", "--to", "b", "--path", "copies", "--remove-source", queue: "stowage.tasks.archive")
                == .copy(CopyData(archive: archive, to: target, path: "copies", removeSource: true)))
    }

    @Test("retain prolongs, holds and releases")
    func retain() async throws {
        let archive = ArchiveReference.key("x/t-1/a.bin")
        let until = try #require(Timestamp("2029-11-20T00:00:00Z"))
        let all = try await sent(
            "retain", "--retention", "compliance:2029-11-20", "--legal-hold", "--release", "h-1", "--release", "h-2",
            queue: "stowage.tasks.archive-quick")
        #expect(
            all
                == .retain(
                    RetainData(
                        archive: archive, retention: Retention(mode: .compliance, until: until), legalHold: true,
                        releases: ["h-1", "h-2"].compactMap { TaskID($0) })))
        let release = try await sent("retain", "--release", "h-1", queue: "stowage.tasks.archive-quick")
        #expect(release == .retain(RetainData(archive: archive, releases: ["h-1"].compactMap { TaskID($0) })))
    }

    @Test("the ends are told to people")
    func ends() async throws {
        let until = try #require(Timestamp("2029-11-20T00:00:00Z"))
        let retained = try await (try CommandBench()).run(["retain"] + line + ["--legal-hold"]) { _ in
            let result = TaskResult.retain(
                retention: Retention(mode: .governance, until: until, enforcedBy: .stowage), legalHold: true)
            return [.event(.succeeded(result, durationMilliseconds: 1, attempts: []), id: "succeeded")]
        }
        #expect(retained.code == .done)
        #expect(retained.out == "retained until 2029-11-20T00:00:00.000Z (governance)\nunder legal hold\n")
        let refused = try await (try CommandBench()).run(["delete"] + line) { _ in
            var report = Happenings.report(.retained, "a legal hold forbids it")
            report.context = ["holds": "h-1"]
            return [.event(.failed(report, attempts: [], possibleCopies: []), id: "failed")]
        }
        #expect(refused.code == .taskFailed)
        #expect(refused.err.contains("stowage retain --release"))
    }

    @Test("presign shows the URL of the reply, and asks for an hour unless told")
    func presign() async throws {
        let until = try #require(Timestamp("2029-11-20T00:00:00Z"))
        let output = try await (try CommandBench()).run(["presign"] + line) { task in
            guard case .presign(let data) = task.data, data.expiresSeconds == 3600 else { return [] }
            func succeeded(_ url: String?) -> TaskEvent.Happening {
                .succeeded(.presign(expiresAt: until, url: url), durationMilliseconds: 1, attempts: [])
            }
            return [
                .event(succeeded(nil), id: "succeeded"),
                .reply(succeeded("https://store/a?signature=x"), id: "succeeded"),
            ]
        }
        #expect(output.code == .done)
        #expect(output.out == "https://store/a?signature=x\nvalid until 2029-11-20T00:00:00.000Z\n")
    }

    @Test("what cannot be meant is refused before anything is sent")
    func mistakes() async throws {
        for (options, hint) in [
            (["copy"], "--to NAME is missing"), (["copy", "--to", "archive"], "data.to"),
            (["copy", "--to", "B"], "--to must be"), (["copy", "--to", "b", "--path", "../x"], "data.path"),
            (["retain"], "one of --retention, --legal-hold and --release"),
            (["retain", "--retention", "forever"], "--retention must be"),
            (["retain", "--release", "-"], "is no task's id"),
            (["presign", "--expires", "604801"], "--expires must be"),
        ] {
            let bench = try CommandBench()
            let output = await bench.run([options[0]] + line + options.dropFirst())
            #expect(output.code == .usage)
            #expect(output.err.contains(hint), "\(output.err)")
            #expect(bench.server.messages(in: "stowage.tasks.archive").isEmpty)
        }
    }
}
