import Glibc
import Messaging
import Pipeline
import ServiceRuntime
import StowageContract
import StrictCoding
import TestSupport
import Testing

@testable import StowageKit

@Suite("stowage store and retrieve", .timeLimit(.minutes(1)))
struct StoreCommandTests {
    private func sent(_ bench: CommandBench) throws -> [StorageTask] {
        try bench.server.messages(in: "stowage.tasks.archive").map { message in
            try StorageTask.read(
                body: message.body, routingKey: message.routingKey, messageID: message.properties.messageID,
                now: bench.clock.time.now)
        }
    }

    @Test("without --wait it ends when the broker has the tasks, and names each")
    func sends() async throws {
        let bench = try CommandBench()
        let folder = try TemporaryFolder()
        let files = [try folder.write("one", to: "1.txt"), try folder.write("two", to: "2.txt")]
        let output = await bench.run(["store", "--driver", "archive"] + files)
        #expect(output.code == .done)
        let tasks = try sent(bench)
        #expect(tasks.count == 2)
        #expect(Set(tasks.map(\.id)).count == 2)
        for task in tasks {
            #expect(output.out.contains("sent \(task.id): store on archive ("))
        }
        guard case .store(let data) = tasks[0].data else { return #expect(Bool(false)) }
        #expect(data.source == .inline(Array("one".utf8)) || data.source == .inline(Array("two".utf8)))
        #expect(data.size == 3)
    }

    @Test("a task's message is mandatory, persistent, and carries id, time and a random app-id")
    func message() async throws {
        let bench = try CommandBench(input: ["x"])
        _ = await bench.run("store", "-", "--name", "a", "-d", "archive", "--id", "t-1")
        let message = try #require(bench.server.messages(in: "stowage.tasks.archive").first)
        #expect(message.routingKey == "archive.store")
        #expect(message.properties.messageID == "t-1")
        #expect(message.properties.contentType == "application/json")
        #expect(message.properties.isPersistent)
        #expect(message.properties.timestamp == bench.clock.time.millisecondsSinceEpoch / 1000)
        #expect(message.properties.appID?.hasPrefix("cli-") == true)
    }

    @Test("every option arrives in the task")
    func options() async throws {
        let bench = try CommandBench(input: ["x"])
        let digest = String(repeating: "0", count: 64)
        let output = await bench.run(
            "store", "-", "-d", "archive", "--id", "t-1", "--name", "a.txt", "--path", "x/y", "--media-type",
            "text/plain",
            "--metadata", "course=12", "--metadata", "note=a=b", "--retention", "governance:2029-11-20", "--legal-hold",
            "--fallback", "b", "--fallback", "c", "--copy", "d", "--sha256", digest, "--label", "first", "--label",
            "second")
        #expect(output.code == .done)
        #expect(output.err.isEmpty)
        let task = try #require(try sent(bench).first)
        #expect(task.fallbacks?.map(\.text) == ["b", "c"])
        #expect(task.labels == ["first", "second"])
        guard case .store(let data) = task.data else { return #expect(Bool(false)) }
        #expect(data.name == "a.txt")
        #expect(data.path == "x/y")
        #expect(data.mediaType == "text/plain")
        #expect(data.metadata == ["course": "12", "note": "a=b"])
        #expect(data.retention == Retention(mode: .governance, until: try #require(Timestamp("2029-11-20T00:00:00Z"))))
        #expect(data.legalHold)
        #expect(data.copies.map(\.text) == ["d"])
        #expect(data.sha256 == digest)
    }

    @Test("what no worker would take is refused before anything is sent")
    func refused() async throws {
        let bench = try CommandBench(input: ["x", "x", "x"])
        for more in [["--name", "a/b"], ["--name", "a", "--metadata", "UPPER=x"], ["--name", "a", "--path", "../x"]] {
            let output = await bench.run(["store", "-", "-d", "archive"] + more)
            #expect(output.code == .usage)
            #expect(!output.err.isEmpty)
        }
        #expect(try sent(bench).isEmpty)
    }

    @Test("a larger file must lie below a spool root, which is checked with a configuration")
    func spool() async throws {
        let folder = try TemporaryFolder()
        let large = try folder.write([UInt8](repeating: 7, count: 5000), to: "spool/large.bin")
        let outside = try folder.write([UInt8](repeating: 7, count: 5000), to: "large.bin")
        let configuration = try folder.write(
            """
            broker: { url: "amqp://u:p@127.0.0.1" }
            spool: { roots: [\(folder.path)/spool] }
            limits: { inlineBytes: 1000 }
            drivers: { archive: { type: memory } }
            """, to: "stowage.yaml")
        let bench = try CommandBench(variables: ["STOWAGE_CONFIG": configuration])
        let bad = await bench.run("store", outside, "-d", "archive")
        #expect(bad.code == .usage)
        #expect(bad.err.contains("lies below none of spool.roots"))
        #expect(try sent(bench).isEmpty)
        let good = await bench.run("store", large, "-d", "archive", "--remove-source")
        #expect(good.code == .done)
        guard case .store(let data)? = try sent(bench).first?.data else { return #expect(Bool(false)) }
        #expect(data.source == .file(large))
        #expect(data.removeSource)
        #expect(data.size == 5000)
    }

    @Test("without a configuration a path is made absolute and sent as it is")
    func unchecked() async throws {
        let bench = try CommandBench()
        let folder = try TemporaryFolder()
        let file = try folder.write("x", to: "a.bin")
        _ = await bench.run("store", file, "-d", "archive", "--spool")
        guard case .store(let data)? = try sent(bench).first?.data else { return #expect(Bool(false)) }
        #expect(data.source == .file(file))
    }

    @Test("a file that goes away before its turn is named, and the others are made")
    func vanishing() async throws {
        let bench = try CommandBench()
        let folder = try TemporaryFolder()
        var sources: [StoreSource] = []
        for name in ["a", "b", "c"] {
            let file = try folder.write("abc", to: name)
            sources.append(
                try await StoreSource(file, mustBeFile: false, inlineBytes: 10, roots: nil, context: bench.context()))
        }
        let driver = try #require(DriverName("archive"))
        let plan = StorePlan(sources) { source in
            let (content, size) = try source.read()
            let id = try #require(TaskID(source.name ?? ""))
            let data = StoreData(name: id.text, source: content, size: size)
            return (TaskRequest(StorageTask(id: id, driver: driver, data: .store(data))), id.text)
        }
        let requests = try await plan.stream()
        #expect(unlink(folder.path("b")) == 0)
        var made: [String] = []
        for await request in requests { made.append(request.id.text) }
        #expect(made == ["a", "c"])
        #expect(plan.name(of: "c") == "c")
        #expect(await plan.verdict(on: .done, bench.context().console) == .usage)
        #expect(bench.errors.value == "stowage store: \(folder.path("b")) does not exist\n")
    }

    @Test("a file that is not there gives 2, and nothing is sent")
    func missing() async throws {
        let bench = try CommandBench()
        let output = await bench.run("store", "/nowhere/at all", "-d", "archive")
        #expect(output.code == .usage)
        #expect(output.err == "stowage store: /nowhere/at all: No such file or directory\n")
    }

    @Test("standard input that is too large for a message is refused")
    func largeInput() async throws {
        let bench = try CommandBench(input: [String(repeating: "x", count: 262_145)])
        let output = await bench.run("store", "-", "--name", "a", "-d", "archive")
        #expect(output.code == .usage)
        #expect(output.err.contains("larger than the 262144 bytes"))
    }

    @Test("bytes that come in the reply are written to a new file, and never over an old one")
    func retrieve() async throws {
        let bench = try CommandBench()
        let folder = try TemporaryFolder()
        let script: StagedWorker.Script = { _ in
            func success(_ bytes: [UInt8]?) -> TaskEvent.Happening {
                .succeeded(
                    .retrieve(
                        RetrieveResult(
                            size: 3, sha256: String(repeating: "d", count: 64), verified: true, destination: .inline,
                            inline: bytes)),
                    durationMilliseconds: 1, attempts: [])
            }
            return [.event(success(nil), id: "succeeded"), .reply(success(Array("abc".utf8)), id: "succeeded")]
        }
        let line = ["retrieve", "t/a.txt", "-d", "archive", "--output", folder.path("got.txt"), "--json"]
        let output = try await bench.run(line, answering: script)
        #expect(output.code == .done)
        #expect(try folder.bytes(of: "got.txt") == Array("abc".utf8))
        #expect(output.json.first?["result"]?["inline"] == .null)
        let again = try await bench.run(line, answering: script)
        #expect(again.code == .usage)
        #expect(again.err.contains("exists already and is not replaced"))
    }

    @Test("a handle that store --json wrote is all that retrieve needs")
    func handle() async throws {
        let bench = try CommandBench(input: ["abc"])
        let folder = try TemporaryFolder()
        let stored = try await bench.run([
            "store", "-", "--name", "a", "-d", "archive", "--wait", "--json", "--id", "t",
        ]) {
            [.event(Happenings.stored($0), id: "succeeded")]
        }
        let file = try folder.write(stored.out, to: "handle.json")
        async let running = bench.run("retrieve", "--handle", file, "--to", "out.bin", "--timeout", "9")
        try await bench.pass(.seconds(9))
        #expect(await running.code == .timedOut)
        guard case .retrieve(let data)? = try sent(bench).first?.data else { return #expect(Bool(false)) }
        #expect(data.archive.key == "t/a")
        #expect(data.archive.size == 3)
        #expect(data.destination == .file("/home/user/out.bin"))
    }

    @Test("retrieve needs exactly one place for the bytes")
    func places() async throws {
        let bench = try CommandBench()
        #expect(await bench.run("retrieve", "k", "-d", "archive").code == .usage)
        #expect(await bench.run("retrieve", "k", "-d", "archive", "--to", "a", "--output", "b").code == .usage)
    }
}
