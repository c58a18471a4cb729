import Messaging
import StowageContract
import StrictCoding
import TestSupport
import Testing

@testable import StowageKit

@Suite("stowage dead", .timeLimit(.minutes(1)))
struct DeadCommandTests {
    @Test("list --json gives id, driver, operation, error.code and parkedAt")
    func list() async throws {
        let bench = try CommandBench()
        let parked = ParkedTasks(bench.server)
        try await parked.park("t-1", code: .conflict)
        try await parked.park("t-2")
        let output = await bench.run("dead", "list", "--json")
        #expect(output.code == .done)
        let letter = try #require(output.json.first)
        #expect(output.json.count == 2)
        #expect(letter["id"] == "t-1")
        #expect(letter["driver"] == "archive")
        #expect(letter["operation"] == "store")
        #expect(letter["error"]?["code"] == "conflict")
        #expect(letter["parkedAt"] == "2026-11-20T00:00:00.000Z")
        #expect(parked.dead.count == 2)
    }

    @Test("list is a table for people, and an empty one is no error")
    func table() async throws {
        let bench = try CommandBench()
        let empty = await bench.run("dead", "list")
        #expect(empty.code == .done)
        #expect(empty.out.isEmpty)
        #expect(empty.err == "no dead letters\n")
        try await ParkedTasks(bench.server).park("t-1")
        let output = await bench.run("dead", "list")
        #expect(
            output.out == """
                PARKED                TASK  DRIVER   OPERATION  ERROR
                2026-11-20T00:00:00Z  t-1   archive  store      unavailable: no route

                """)
    }

    @Test("show tells error, attempts and body, without what may be secret")
    func show() async throws {
        let bench = try CommandBench()
        try await ParkedTasks(bench.server).park(
            "t-1",
            body:
                #"{"id":"t-1","data":{"source":{"url":"https://u:hunter2@host/p?sig=hunter2","headers":{"Authorization":"hunter2"}}}}"#
        )
        for line in [["dead", "show", "t-1"], ["dead", "show", "t-1", "--json"]] {
            let output = await bench.run(line)
            #expect(output.code == .done)
            #expect(!output.out.contains("hunter2"))
            for part in ["t-1", "no route", "attempts used up", "https://host/p", "producer", "Authorization"] {
                #expect(output.out.contains(part), "\(part)")
            }
        }
        #expect(await bench.run("dead", "show", "nobody").code == .taskFailed)
    }

    @Test("show says how many bytes a message carries, and shows none of them")
    func inlineBytes() async throws {
        let bench = try CommandBench()
        let inline = Base64.encode(Array(repeating: 65, count: 1000))
        try await ParkedTasks(bench.server).park(
            "t-1", body: #"{"id":"t-1","data":{"name":"n","source":{"inline":"\#(inline)"}}}"#)
        for line in [["dead", "show", "t-1"], ["dead", "show", "t-1", "--json"]] {
            let output = await bench.run(line)
            #expect(output.code == .done && output.out.contains("…1000 bytes"), "\(output)")
            #expect(!output.out.contains("QUFB"))
        }
    }

    @Test("a body that is no JSON is shown only to who asks for it as it is")
    func raw() async throws {
        let bench = try CommandBench()
        let parked = ParkedTasks(bench.server)
        try await parked.park("t-1", body: #"{"headers":{"Authorization":"hunter2"},"#)
        for line in [["dead", "show", "t-1"], ["dead", "show", "t-1", "--json"]] {
            let output = await bench.run(line)
            #expect(output.code == .done && output.out.contains("39"), "\(output)")
            #expect(!output.out.contains("hunter2"))
        }
        #expect(await bench.run("dead", "show", "t-1", "--raw").out == #"{"headers":{"Authorization":"hunter2"},"#)
        try await parked.park("t-2")
        let two = await bench.run("dead", "show", "--all", "--raw")
        #expect(two.code == .usage && two.out.isEmpty)
        #expect(parked.dead.count == 2 && bench.server.unsettledCount == 0)
    }

    @Test("replay by id, driver, code and all")
    func replay() async throws {
        let bench = try CommandBench(drivers: ["archive", "other"])
        let parked = ParkedTasks(bench.server)
        for index in 0..<4 { try await parked.park("t-\(index)") }
        try await parked.park("x", driver: "other", code: .conflict)
        let one = await bench.run("dead", "replay", "t-1", "t-2")
        #expect(one.code == .done)
        #expect(
            one.out.split(separator: "\n").sorted() == [
                "replayed t-1 to archive.store", "replayed t-2 to archive.store",
            ])
        #expect(parked.tasks.allSatisfy { $0.properties.userID == "operator" })
        #expect(await bench.run("dead", "replay", "--code", "conflict").code == .done)
        #expect(parked.dead.count == 2)
        let rest = await bench.run("dead", "replay", "--all", "--json")
        #expect(rest.json.map { $0["fate"] } == ["replayed", "replayed"])
        #expect(parked.dead.isEmpty)
        #expect(await bench.run("dead", "replay", "--all").code == .taskFailed)
    }

    @Test("drop asks on a terminal, obeys --yes, and does nothing where nobody is asked")
    func drop() async throws {
        let bench = try CommandBench(answers: ["n", "y"])
        let parked = ParkedTasks(bench.server)
        for index in 0..<3 { try await parked.park("t-\(index)") }
        let declined = await bench.run("dead", "drop", "t-0")
        #expect(declined.code == .taskFailed)
        #expect(parked.dead.count == 3)
        #expect(await bench.run("dead", "drop", "t-0").code == .done)
        #expect(parked.dead.map(\.properties.messageID) == ["t-1", "t-2"])
        let alone = await bench.run("dead", "drop", "--all")
        #expect(alone.code == .usage)
        #expect(alone.err.contains("--yes"))
        #expect(parked.dead.count == 2)
        #expect(await bench.run("dead", "drop", "--all", "--yes").code == .done)
        #expect(parked.dead.isEmpty)
    }
}
