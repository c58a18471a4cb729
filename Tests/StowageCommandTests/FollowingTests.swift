import Messaging
import Pipeline
import StowageContract
import StrictCoding
import TestSupport
import Testing

@testable import StowageKit

@Suite("Following a task", .timeLimit(.minutes(1)))
struct FollowingTests {
    private let line = ["store", "-", "--name", "a.txt", "--driver", "archive", "--wait", "--id", "t-1"]

    @Test("events are told in order, and the success ends the command")
    func order() async throws {
        let bench = try CommandBench(input: ["abc"])
        let output = try await bench.run(line) { task in
            [
                .event(
                    .retrying(
                        Happenings.report(.unavailable, "no route"), retryAt: .init(millisecondsSinceEpoch: 9000)),
                    id: "retrying/1"),
                .event(.progress(bytesDone: 1, bytesTotal: 3), id: "progress/1.1"),
                .event(Happenings.stored(task), id: "succeeded"),
            ]
        }
        #expect(output.code == .done)
        #expect(output.err.contains("retrying"))
        #expect(output.err.contains("unavailable: no route; again at 00:00:09Z"))
        #expect(output.out == "stored t-1/a.txt on archive (3 B, sha256 \(String(repeating: "a", count: 64)))\n")
    }

    @Test("the same event is told once, however often it comes")
    func duplicates() async throws {
        let bench = try CommandBench(input: ["abc"])
        let output = try await bench.run(line) { task in
            let again = StagedWorker.Line.event(
                .sourceKept(reason: "it changed"), id: "source-kept/1")
            return [
                again, again, .reply(Happenings.stored(task), id: "succeeded"),
                .event(Happenings.stored(task), id: "succeeded"),
            ]
        }
        #expect(output.code == .done)
        #expect(output.err.split(separator: "\n").count == 1)
        #expect(output.out.split(separator: "\n").count == 1)
    }

    @Test("a failure gives 1, one line on standard error, and what to do next")
    func failure() async throws {
        let bench = try CommandBench(input: ["abc"])
        let output = try await bench.run(line) { _ in
            [.event(Happenings.failed(.outOfSpace, "the disk is full"), id: "failed")]
        }
        #expect(output.code == .taskFailed)
        #expect(output.out.isEmpty)
        #expect(
            output.err == "task t-1 failed: out-of-space: the disk is full. It is parked: 'stowage dead replay t-1' "
                + "sends it again once the cause is gone ('stowage check' tells).\n")
    }

    @Test("a task that was cancelled gives 1")
    func cancelled() async throws {
        let bench = try CommandBench(input: ["abc"])
        let output = try await bench.run(line) { _ in
            [.event(.cancelled(by: "operator"), id: "cancelled")]
        }
        #expect(output.code == .taskFailed)
        #expect(output.err.contains("t-1 was cancelled"))
    }

    @Test("what is no event is passed over")
    func garbage() async throws {
        let bench = try CommandBench(input: ["abc"])
        let output = try await bench.run(line) { task in
            [.garbage("{"), .garbage("[[[["), .event(Happenings.stored(task), id: "succeeded")]
        }
        #expect(output.code == .done)
    }

    @Test("silence ends with 4 when the time is up, and names the task")
    func timeout() async throws {
        let bench = try CommandBench(input: ["abc"])
        let line = self.line + ["--timeout", "60", "--json"]
        async let running = bench.run(line)
        try await bench.pass(.seconds(60))
        let output = await running
        #expect(output.code == .timedOut)
        #expect(output.err.contains("t-1 has not ended within 60 s"))
        #expect(output.json.first?["outcome"] == "timed-out")
        #expect(output.json.first?["id"] == "t-1")
    }

    @Test("--json gives one object for the end of a task, with its id and its handle")
    func json() async throws {
        let bench = try CommandBench(input: ["abc"])
        let output = try await bench.run(line + ["--json"]) { task in
            [.event(Happenings.stored(task), id: "succeeded")]
        }
        let end = try #require(output.json.first)
        #expect(output.json.count == 1)
        #expect(
            end.object?.members.map(\.name) == [
                "id", "outcome", "operation", "driver", "result", "error", "attempts", "durationMilliseconds",
            ])
        #expect(end["id"] == "t-1")
        #expect(end["outcome"] == "succeeded")
        #expect(end["result"]?["handle"]?["key"] == "t-1/a.txt")
        #expect(end["durationMilliseconds"] == 7)
    }

    @Test("a lost connection is outlived: the events after it are heard")
    func interruption() async throws {
        let bench = try CommandBench(input: ["abc"])
        async let running = bench.run(line)
        let tasks = bench.names.slowQueue(try #require(DriverName("archive")))
        _ = try await eventually { !bench.server.messages(in: tasks).isEmpty }
        bench.connections[0].dropConnection()
        // The worker only begins once the command listens again.
        await bench.errors.first { $0.contains("the connection to the broker was lost and is back") }
        let staged = StagedWorker(server: bench.server, names: bench.names) { task in
            [.event(Happenings.stored(task), id: "succeeded")]
        }
        async let working: Void = staged.run()
        let output = await running
        await staged.close()
        try await working
        #expect(output.code == .done)
    }
}
