import Messaging
import Pipeline
import StowageContract
import StrictCoding
import TestSupport
import Testing

@testable import StowageKit

@Suite("Commands of operators", .timeLimit(.minutes(1)))
struct OperatorCommandTests {
    @Test("check shows every step, and gives 1 when one failed")
    func check() async throws {
        let bench = try CommandBench()
        func result(_ outcome: CheckResult.Step.Outcome) -> StagedWorker.Script {
            { _ in
                let steps = [
                    CheckResult.Step(name: .connect, outcome: .passed, milliseconds: 3),
                    CheckResult.Step(
                        name: .write, outcome: outcome, milliseconds: 4,
                        error: outcome == .failed ? Happenings.report(.readOnly, "mounted read-only") : nil),
                ]
                return [
                    .event(
                        .succeeded(.check(CheckResult(steps: steps)), durationMilliseconds: 1, attempts: []),
                        id: "succeeded")
                ]
            }
        }
        let good = try await bench.run(["check", "archive"], answering: result(.passed))
        #expect(good.code == .done)
        #expect(good.out.split(separator: "\n").count == 2)
        let bad = try await bench.run(["check", "archive"], answering: result(.failed))
        #expect(bad.code == .taskFailed)
        #expect(bad.out.contains("read-only: mounted read-only"))
    }

    @Test("without a configuration check and capacity need a driver's name")
    func driverless() async throws {
        let bench = try CommandBench()
        #expect(await bench.run("check").code == .usage)
        #expect(await bench.run("capacity").code == .usage)
    }

    @Test("verify of a damaged archive gives 1")
    func verify() async throws {
        let bench = try CommandBench()
        let (expected, actual) = (String(repeating: "a", count: 64), String(repeating: "b", count: 64))
        let output = try await bench.run(["verify", "k", "-d", "archive"]) { _ in
            let result = VerifyResult(state: .mismatch, expectedSHA256: expected, actualSHA256: actual)
            return [.event(.succeeded(.verify(result), durationMilliseconds: 1, attempts: []), id: "succeeded")]
        }
        #expect(output.code == .taskFailed)
        #expect(output.out == "mismatch: expected \(expected), found \(actual)\n")
    }

    @Test("events are shown as they come, filtered, and end after --count")
    func events() async throws {
        let bench = try CommandBench()
        let sender = InMemoryBroker(server: bench.server, user: "worker")
        async let running = bench.run("events", "--filter", "failed.#", "--count", "3", "--json")
        // Nobody says when the command listens: knocks go out until the first is heard.
        _ = try await eventually {
            let knock = OutgoingMessage(
                exchange: "stowage.events", routingKey: "failed.knock", isMandatory: true,
                properties: MessageProperties(), body: Array(#"{"id":"knock"}"#.utf8))
            return try await sender.publish(knock) == .confirmed
        }
        for (key, id) in [
            ("failed.archive.store.none", "1"), ("succeeded.archive.store.none", "2"), ("failed.a.b.c", "3"),
        ] {
            _ = try await sender.publish(
                OutgoingMessage(
                    exchange: "stowage.events", routingKey: key, properties: MessageProperties(),
                    body: Array("{\n\"id\": \"\(id)\"}".utf8)))
        }
        let output = await running
        #expect(output.code == .done)
        #expect(output.json.map { $0["id"]?.string } == ["knock", "1", "3"])
    }

    @Test("what could steer the terminal is not written to it")
    func controls() async throws {
        let bench = try CommandBench(input: ["x"])
        let output = try await bench.run(["store", "-", "--name", "a", "-d", "archive", "--wait"]) { _ in
            [.event(Happenings.failed(.unexpected, "\u{1B}[2J\u{07}\r\nboo"), id: "failed")]
        }
        #expect(!output.err.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
        #expect(output.err.split(separator: "\n").count == 1)
    }

    @Test("a transfer shows a bar on a terminal, and nothing elsewhere")
    func bar() async throws {
        for isInteractive in [true, false] {
            let bench = try CommandBench(isInteractive: isInteractive, input: ["abcd"])
            let output = try await bench.run(["store", "-", "--name", "a.bin", "-d", "archive", "--wait"]) { task in
                #expect(task.options.progress == isInteractive)
                return [
                    .event(.progress(bytesDone: 1, bytesTotal: 4), id: "progress/1"),
                    .event(Happenings.stored(task), id: "succeeded"),
                ]
            }
            #expect(output.err.contains("25 %") == isInteractive)
            #expect(output.err.contains("a.bin") == isInteractive)
            // The bar is gone before the result is written.
            #expect(output.err.hasSuffix("\r\u{1B}[K") == isInteractive)
        }
    }

    @Test("a broker that is not there gives 3 after ten seconds")
    func unreachable() async throws {
        let bench = try CommandBench()
        let silent = SilentBroker()
        let context = CommandContext(
            console: Console(
                write: { _ in },
                writeError: { [errors = bench.errors] bytes in
                    errors.change { $0 += String(decoding: bytes, as: UTF8.self) }
                },
                output: Terminal(isInteractive: false, width: 80),
                errorOutput: Terminal(isInteractive: false, width: 80)),
            environment: { _ in nil }, time: bench.clock.time, connect: { _ in silent }, input: { nil },
            ask: { _ in nil },
            currentFolder: "/")
        async let running = StowageCommand.run(
            ["dead", "list", "--broker", "amqp://operator:hunter2@broker.example/vhost"], in: context)
        try await bench.pass(.seconds(10))
        #expect(await running == .brokerUnreachable)
        #expect(bench.errors.value.contains("connection refused"))
        #expect(!bench.errors.value.contains("hunter2"))
        #expect(bench.errors.value.split(separator: "\n").count == 1)
    }

    @Test("a URL that is none gives 2 and never shows the password")
    func badURL() async throws {
        let bench = try CommandBench(variables: [:])
        for url in ["http://u:hunter2@host", "amqp://u:hunter2@host:99999/", "amqp://u:hunter2@/"] {
            let output = await bench.run("dead", "list", "--broker", url)
            #expect(output.code == .usage)
            #expect(!output.err.contains("hunter2"))
            #expect(output.err.hasPrefix("stowage dead list: --broker: "))
        }
    }
}

/// A broker that never connects.
private struct SilentBroker: MessageBroker {
    let user = "nobody"
    var states: AsyncStream<BrokerState> {
        AsyncStream { $0.yield(.disconnected(reason: "broker.example:5672: connection refused")) }
    }

    func consume(_ queue: String, _ options: ConsumerOptions) async throws(BrokerError) -> any MessageConsumer {
        throw BrokerError(.disconnected, "not connected")
    }
    func publish(_ message: OutgoingMessage) async throws(BrokerError) -> PublishOutcome {
        throw BrokerError(.disconnected, "not connected")
    }
    func settle(_ delivery: Delivery, as settlement: Settlement) {}
    func isLive(_ delivery: Delivery) -> Bool { false }
    func get(_ queue: String) async throws(BrokerError) -> Delivery? {
        throw BrokerError(.disconnected, "not connected")
    }
    func messageCount(of queue: String) async throws(BrokerError) -> Int { 0 }
    func declare(_ item: TopologyItem, passive: Bool) async throws(BrokerError) {}
    func declareTemporaryQueue(bindings: [TopologyItem.Binding]) async throws(BrokerError) -> String { "" }
    func close() async {}
}
