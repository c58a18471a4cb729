import Messaging
import Pipeline
import StowageContract
import StrictCoding
import TestSupport
import Testing

@testable import StowageKit

@Suite("Topology, configuration, and what needs no broker", .timeLimit(.minutes(1)))
struct LocalCommandTests {
    private func configured(_ folder: TemporaryFolder) throws -> String {
        try folder.write(
            """
            broker: { url: "amqp://u:p@127.0.0.1", prefix: own }
            spool: { roots: [\(folder.path)] }
            retry: { delays: [1s, 1m] }
            drivers:
              archive: { type: memory, fallbacks: [b] }
              b: { type: memory }
            """, to: "stowage.yaml")
    }

    @Test("declare makes everything, and again changes nothing")
    func declare() async throws {
        let bench = try CommandBench(drivers: [])
        let line = ["topology", "declare", "--driver", "a", "--driver", "b", "--prefix", "p"]
        let first = await bench.run(line)
        #expect(first.code == .done)
        #expect(first.out.hasPrefix("declared "))
        #expect(await bench.run(line).out == first.out)
        #expect(await bench.run(["topology", "check"] + line.dropFirst(2)).code == .done)
        let sender = InMemoryBroker(server: bench.server)
        _ = try await sender.publish(
            OutgoingMessage(exchange: "p.tasks", routingKey: "b.list", properties: MessageProperties(), body: []))
        #expect(bench.server.messages(in: "p.tasks.b-quick").count == 1)
    }

    @Test("an object that differs is named, the others are made, nothing is deleted")
    func differs() async throws {
        let bench = try CommandBench(drivers: [])
        try bench.server.declare(.queue(name: "p.dead", arguments: ["x-queue-type": .string("classic")]))
        let output = await bench.run("topology", "declare", "--driver", "a", "--prefix", "p")
        #expect(output.code == .usage)
        #expect(output.err.hasPrefix("stowage topology declare: queue p.dead: exists with other arguments"))
        #expect(output.err.split(separator: "\n").count == 1)
        #expect(await bench.run("topology", "check", "--driver", "a", "--prefix", "p").code == .done)
    }

    @Test("check names what is missing and makes nothing")
    func check() async throws {
        let bench = try CommandBench(drivers: [])
        let output = await bench.run("topology", "check", "--driver", "a", "--prefix", "p", "--json")
        #expect(output.code == .usage)
        #expect(output.json.allSatisfy { $0["ok"] == false })
        #expect(await bench.run("topology", "check", "--driver", "a", "--prefix", "p").code == .usage)
    }

    @Test("export needs no broker and follows configuration or options")
    func export() async throws {
        let folder = try TemporaryFolder()
        let bench = try CommandBench(variables: ["STOWAGE_CONFIG": try configured(folder)])
        let output = await bench.run("topology", "export", "--json", "--vhost", "v")
        let definitions = try #require(output.json.first)
        let queues = definitions["queues"]?.array?.compactMap { $0["name"]?.string } ?? []
        #expect(queues.contains("own.tasks.b-quick"))
        #expect(queues.filter { $0.hasPrefix("own.retry.") } == ["own.retry.1s", "own.retry.1m"])
        #expect(definitions["queues"]?.array?.allSatisfy { $0["vhost"] == "v" } == true)
        let bare = await bench.run("topology", "export", "--driver", "z", "--delay", "7s", "--prefix", "q")
        #expect(bare.out.contains("q.tasks.z"))
        #expect(bare.out.contains("q.retry.7s"))
        #expect(bench.connections.isEmpty)
    }

    @Test("validate names all problems with their lines, connects to nothing, and gives 2")
    func validate() async throws {
        let folder = try TemporaryFolder()
        let good = await (try CommandBench()).run("validate", try configured(folder))
        #expect(good.code == .done)
        let file = try folder.write(
            "broker: { url: amqp://h }\nretry: { maxAttemps: 3 }\ndrivers:\n  a: { type: memry }\n", to: "bad.yaml")
        let bench = try CommandBench()
        let bad = await bench.run("validate", file, "--json")
        #expect(bad.code == .usage)
        #expect(bad.json.first?["valid"] == false)
        #expect(bad.json.first?["problems"]?.array?.count == 2)
        #expect(bad.err.contains("\(file):2: retry.maxAttemps is not known here; did you mean maxAttempts?"))
        #expect(bad.err.contains("did you mean memory"))
        #expect(bench.connections.isEmpty)
    }

    @Test("schema and version need nothing")
    func schema() async throws {
        let bench = try CommandBench(variables: [:])
        for kind in ["task", "event", "handle", "asyncapi"] {
            let output = await bench.run("schema", kind, "--json")
            #expect(output.code == .done)
            #expect(output.json.count == 1)
        }
        #expect(await bench.run("schema", "tusk").code == .usage)
        #expect(await bench.run("version").out == "stowage \(VersionCommand.version)\n")
    }

    @Test("run does one task here, and says when a worker would try again")
    func run() async throws {
        let folder = try TemporaryFolder()
        let bench = try CommandBench(variables: ["STOWAGE_CONFIG": try configured(folder)])
        let task = try folder.write(
            #"{"id":"t","operation":"store","driver":"archive","data":{"name":"a","source":{"inline":"YWJj"}}}"#,
            to: "t.json")
        let output = await bench.run("run", task, "--json")
        #expect(output.code == .done, "\(output.err)")
        #expect(output.json.first?["result"]?["handle"]?["key"] == "t/a")
        #expect(output.json.first?["result"]?["handle"]?["size"] == 3)
        let missing = try folder.write(
            #"{"id":"u","operation":"store","driver":"archive","data":{"name":"a","source":{"file":"\#(folder.path)/none"}}}"#,
            to: "u.json")
        let failed = await bench.run("run", missing)
        #expect(failed.code == .taskFailed)
        #expect(failed.err.hasPrefix("task u failed: "))
        let foreign = try folder.write(
            #"{"operation":"copy","driver":"archive","data":{"key":"t/a","to":"zzz"}}"#, to: "c.json")
        #expect(await bench.run("run", foreign).err.contains("permission-denied"))
        #expect(bench.connections.isEmpty)
    }
}
