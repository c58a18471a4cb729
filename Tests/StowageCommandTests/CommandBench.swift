import Messaging
import Pipeline
import ServiceRuntime
import StowageContract
import StrictCoding
import TestSupport

@testable import StowageKit

/// The command line over a broker in memory, with everything that it writes kept.
final class CommandBench: Sendable {
    struct Output: Sendable {
        var code: ExitCode
        var out: String
        var err: String

        /// Standard output as JSON lines.
        var json: [JSONValue] {
            out.split(separator: "\n").compactMap { try? JSONParser.parse(text: String($0)) }
        }
    }

    let server: InMemoryServer
    let clock = ManualClock()
    let names = TopologyNames(prefix: "stowage")
    /// What the command that runs has written to standard error so far.
    let errors = Watched("")
    let isInteractive: Bool
    private let answers: Watched<[String]>
    private let input: Watched<[[UInt8]]>
    private let variables: [String: String]
    private let brokers = Watched<[InMemoryBroker]>([])

    /// A topology for these drivers; `answers`: what a person types when asked; `input`: pieces of standard input.
    init(
        drivers: [String] = ["archive"], isInteractive: Bool = false, answers: [String] = [], input: [String] = [],
        variables: [String: String] = ["STOWAGE_BROKER_URL": "amqp://operator:secret@127.0.0.1"]
    ) throws {
        server = InMemoryServer(time: clock.time)
        self.isInteractive = isInteractive
        self.answers = Watched(answers)
        self.input = Watched(input.map { Array($0.utf8) })
        self.variables = variables
        let topology = Topology(
            prefix: "stowage", drivers: drivers.compactMap { DriverName($0) },
            levels: [RetryLevel(name: "5s", milliseconds: 5000)])
        for item in topology.items { try server.declare(item) }
    }

    /// Every connection that commands have made.
    var connections: [InMemoryBroker] { brokers.value }

    func run(_ line: String...) async -> Output { await run(line) }

    func run(_ line: [String]) async -> Output {
        let out = Watched<[UInt8]>([])
        errors.change { $0 = "" }
        let context = context { bytes in out.change { $0 += bytes } }
        let code = await StowageCommand.run(line, in: context)
        return Output(
            code: code, out: String(decoding: out.value, as: UTF8.self), err: errors.value)
    }

    /// The world as commands see it here.
    func context(out: @escaping @Sendable ([UInt8]) -> Void = { _ in }) -> CommandContext {
        let terminal = Terminal(isInteractive: isInteractive, width: 80)
        return CommandContext(
            console: Console(
                write: out,
                writeError: { [errors] bytes in errors.change { $0 += String(decoding: bytes, as: UTF8.self) } },
                output: terminal, errorOutput: terminal),
            environment: { [variables] in variables[$0] }, time: clock.time,
            connect: { [server, brokers] access in
                let broker = InMemoryBroker(server: server, user: access.connection.urls[0].user)
                brokers.change { $0.append(broker) }
                return broker
            },
            input: { [input] in input.change { $0.isEmpty ? nil : $0.removeFirst() } },
            ask: { [answers] _ in answers.change { $0.isEmpty ? nil : $0.removeFirst() } }, currentFolder: "/home/user")
    }

    /// Runs a command while a worker answers its tasks.
    func run(_ line: [String], answering worker: @escaping StagedWorker.Script) async throws -> Output {
        let staged = StagedWorker(server: server, names: names, script: worker)
        return try await withThrowingTaskGroup(of: Output?.self) { group in
            group.addTask {
                try await staged.run()
                return nil
            }
            group.addTask { await self.run(line) }
            while let output = try await group.next() {
                guard let output else { continue }
                group.cancelAll()
                await staged.close()
                return output
            }
            throw CancellationError()
        }
    }

    /// Turns the clock on once something sleeps for `duration`.
    func pass(_ duration: Duration) async throws {
        _ = try await eventually { self.clock.remaining.contains(duration) }
        clock.advance(by: duration)
    }
}
