import Messaging
import Pipeline
import StowageContract
import StrictCoding
import TestSupport
import Testing

@testable import StowageKit

@Suite("stowage dead edit", .timeLimit(.minutes(1)))
struct DeadEditTests {
    private static let body =
        #"{"id":"t-1","operation":"store","driver":"archive","data":{"name":"n","path":"p","#
        + #""source":{"file":"/spool/n"},"driverOptions":{"archive":{"storgeClass":"x"}}}}"#

    private func bench(
        _ body: String = body, input: [String] = []
    ) async throws -> (CommandBench, ParkedTasks) {
        let bench = try CommandBench(drivers: ["archive", "other"], input: input)
        let parked = ParkedTasks(bench.server)
        try await parked.park("t-1", code: .invalidTask, body: body)
        return (bench, parked)
    }

    private func document(_ message: OutgoingMessage?) throws -> JSONValue {
        try JSONParser.parse(try #require(message).body)
    }

    @Test("places are set and taken away, and the letter stays parked as it was, noted as edited")
    func places() async throws {
        let (bench, parked) = try await bench()
        let before = try #require(parked.dead.first).properties
        let output = await bench.run(
            "dead", "edit", "t-1", "--unset", "/data/driverOptions", "--set", "/data/path=course-12", "--set",
            "/options/maxAttempts=3")
        #expect(output.code == .done && output.out == "edited t-1\n", "\(output)")
        #expect(parked.dead.count == 1 && parked.tasks.isEmpty)
        let letter = try #require(parked.dead.first)
        let task = try document(letter)
        #expect(task["data"]?["driverOptions"] == nil)
        #expect(task["data"]?["path"] == "course-12")
        #expect(task["options"]?["maxAttempts"] == 3)
        let headers = letter.properties.headers
        for name in ["history", "error", "error-code", "reason", "parked-at", "user"] {
            #expect(headers["x-stowage-" + name] == before.headers["x-stowage-" + name], "\(name)")
        }
        #expect(headers["x-stowage-edited"] == .integer(1))
        #expect(letter.properties.messageID == "t-1" && letter.properties.userID == "operator")
        let shown = await bench.run("dead", "show", "t-1")
        #expect(shown.out.contains("edited") && shown.out.contains("by operator"), "\(shown.out)")
        let list = await bench.run("dead", "list", "--json")
        #expect(list.json.first?["edited"] == 1 && list.json.first?["error"]?["code"] == "invalid-task")

        #expect(await bench.run("dead", "replay", "t-1").code == .done)
        let sent = try #require(parked.tasks.first)
        #expect(sent.body == letter.body)
        #expect(sent.properties.headers["x-stowage-edited"] == .integer(1))
        #expect(sent.properties.headers["x-stowage-edited-at"] == nil)
        #expect(sent.properties.headers["x-stowage-replayed"] == .integer(1))
        #expect(sent.properties.headers["x-stowage-history"] == before.headers["x-stowage-history"])
        #expect(sent.properties.headers["x-stowage-slip"] == nil)
    }

    @Test("another driver changes body and routing key, and --replay sends it at once")
    func driver() async throws {
        let (bench, parked) = try await bench()
        let output = await bench.run("dead", "edit", "t-1", "--to", "other", "--replay")
        #expect(output.out == "replayed t-1 to other.store\n", "\(output)")
        #expect(parked.dead.isEmpty && parked.tasks.isEmpty)
        let sent = try #require(bench.server.messages(in: "stowage.tasks.other").first)
        #expect(sent.routingKey == "other.store")
        #expect(try document(sent)["driver"] == "other")
        #expect(sent.properties.headers["x-stowage-replayed"] == .integer(1))
    }

    @Test("a driver set in the body moves the task as well")
    func driverInBody() async throws {
        let (bench, parked) = try await bench()
        #expect(await bench.run("dead", "edit", "t-1", "--set", "/driver=other").code == .done)
        #expect(parked.dead.map(\.routingKey) == ["other.store"])
    }

    @Test(
        "what no worker would understand is refused, and the letter stays as it was",
        arguments: [
            (["--set", "/data/nmae=x"], "nmae"), (["--set", "/id=t-2"], "t-2"), (["--set", "/operation=fly"], "fly"),
            (["--set", "/data/name=7"], "must be a string"), (["--set", "/data=x"], "data"),
            (["--set", "/data/source/file/x=1"], "/data/source/file/x"), (["--unset", "/data/name"], "name"),
            (["--set", "/data/path=../up"], ".."), (["--set", "/fallbacks=[\"archive\"]"], "archive"),
            (["--file", "-"], "no JSON"),
        ])
    func refused(_ options: [String], _ hint: String) async throws {
        let (bench, parked) = try await bench(input: ["{"])
        let before = parked.dead
        let output = await bench.run(["dead", "edit", "t-1"] + options)
        #expect(output.code == .taskFailed && output.err.contains(hint), "\(output)")
        #expect(output.err.split(separator: "\n").count == 1)
        #expect(parked.dead.map(\.body) == before.map(\.body))
        #expect(parked.dead.first?.properties.headers["x-stowage-edited"] == nil)
        #expect(bench.server.unsettledCount == 0)
    }

    @Test("wrong options are named before anything is read")
    func usage() async throws {
        let (bench, _) = try await bench()
        for line in [
            ["t-1", "--set", "data=1"], ["t-1", "--set", "/data"], ["t-1", "--unset", "data"], ["t-1", "--to", "No"],
            ["--set", "/data/name=x"], ["t-1", "--file", "/nowhere"],
        ] {
            #expect(await bench.run(["dead", "edit"] + line).code == .usage, "\(line)")
        }
        let nothing = await bench.run("dead", "edit", "t-1")
        #expect(nothing.code == .usage && nothing.err.contains("--set"), "\(nothing)")
    }

    @Test("a whole task from a file mends a body that was no JSON")
    func file() async throws {
        let mended = #"{"operation":"store","data":{"name":"n","source":{"inline":""}}}"#
        let (bench, parked) = try await bench("{broken", input: [mended])
        #expect(await bench.run("dead", "edit", "t-1", "--set", "/data/name=x").err.contains("--file"))
        let output = await bench.run("dead", "edit", "t-1", "--file", "-")
        #expect(output.code == .done, "\(output)")
        #expect(parked.dead.map(\.body) == [Array(mended.utf8)])
    }

    @Test("many letters are changed at once, each once, the others left alone")
    func many() async throws {
        let bench = try CommandBench(drivers: ["archive", "other"])
        let parked = ParkedTasks(bench.server)
        for index in 0..<600 {
            let driver = index % 2 == 0 ? "archive" : "other"
            let body = #"{"id":"t-\#(index)","data":{"name":"n","source":{"file":"/spool/n"}}}"#
            try await parked.park("t-\(index)", driver: driver, body: body)
        }
        let output = await bench.run("dead", "edit", "--driver", "archive", "--set", "/data/path=new")
        #expect(output.code == .done)
        #expect(output.out.split(separator: "\n").count == 300)
        #expect(parked.dead.count == 600)
        let edited = try parked.dead.count { try document($0)["data"]?["path"] == "new" }
        #expect(edited == 300)
        #expect(
            parked.dead.allSatisfy {
                ($0.properties.headers["x-stowage-edited"] == nil) == ($0.routingKey == "other.store")
            })
        let again = await bench.run("dead", "edit", "--driver", "archive", "--set", "/data/path=new")
        #expect(again.code == .done && again.out.contains("stays as it is"))
        #expect(bench.server.unsettledCount == 0)
    }

    @Test("an editor gets the task as people read it, and what it leaves is taken")
    func editor() async throws {
        let (bench, parked) = try await bench()
        var context = bench.context()
        let seen = Watched("")
        context.edit = { text in
            seen.change { $0 = String(decoding: text, as: UTF8.self) }
            return Array(String(decoding: text, as: UTF8.self).replacing("storgeClass", with: "storageClass").utf8)
        }
        #expect(await StowageCommand.run(["dead", "edit", "t-1"], in: context) == .done)
        #expect(seen.value.contains("\n  \"operation\": \"store\""), "\(seen.value)")
        #expect(try document(parked.dead.first)["data"]?["driverOptions"]?["archive"]?["storageClass"] == "x")
        #expect(parked.dead.count == 1)
    }

    @Test("the editor's file is its own, and is gone afterwards")
    func textEditor() throws {
        let folder = try TemporaryFolder()
        let variables = [
            "EDITOR":
                "sh -c 'stat -c %a \"$1\" > \(folder.path("mode")); printf changed > \"$1.new\"; mv \"$1.new\" \"$1\"' x",
            "TMPDIR": folder.path,
        ]
        let editor = TextEditor(environment: { variables[$0] })
        #expect(try editor.edit(Array("text".utf8)) == Array("changed".utf8))
        #expect(try folder.bytes(of: "mode") == Array("600\n".utf8))
        #expect(folder.contents() == ["mode"])
        let broken = TextEditor(environment: { ["EDITOR": "false", "TMPDIR": folder.path][$0] })
        #expect(throws: CommandFailure.self) { try broken.edit([]) }
        #expect(folder.contents() == ["mode"])
    }

    @Test("a letter that the broker parked, its headers not to be believed, is edited without them")
    func untrusted() async throws {
        let bench = try CommandBench()
        let parked = ParkedTasks(bench.server)
        try await parked.parkedByBroker(
            "t-1", headers: ["x-stowage-slip": .string("other"), "x-stowage-user": .string("root")])
        let body = #"{"data":{"name":"n","source":{"inline":""}}}"#
        let file = try TemporaryFolder()
        let output = await bench.run("dead", "edit", "t-1", "--file", try file.write(body, to: "task.json"))
        #expect(output.code == .done, "\(output)")
        let headers = try #require(parked.dead.first).properties.headers
        #expect(headers["x-death"] == nil && headers["x-stowage-slip"] == nil && headers["x-stowage-user"] == nil)
        #expect(headers["x-stowage-edited"] == .integer(1))
    }
}
