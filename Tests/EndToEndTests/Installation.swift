import Sharing
import Foundation
import Messaging
import Observability
import ServiceRuntime
import StowageContract
import TestSupport

/// Drivers and limits of a test's workers.
struct Settings: Sendable {
    /// Names of drivers, each with further keys of its entry (`fallbacks: [b]`).
    var drivers: [(name: String, keys: String)] = [("a", ""), ("b", "")]
    /// Paths of drivers that do not lie where they belong.
    var disks: [String: String] = [:]
    /// What stands in the entries of drivers that are not local, by their names.
    var entries: [String: String] = [:]
    var served = "all"
    var concurrency = 8
    var gracePeriodSeconds = 20
    var maxAttempts = 3
    var attemptsBeforeFailover = 1
    var delays = "[50ms, 200ms]"
    var sweepSeconds = 1
    var limits = "{}"
    var sources = "{}"
    var events = "{}"
    var spaceSeconds = 300
    var level = "debug"
    /// Further keys of `broker`, each with a comma in front.
    var brokerKeys = ""

    /// With other values.
    func with(_ change: (inout Settings) -> Void) -> Settings {
        var settings = self
        change(&settings)
        return settings
    }
}

/// Stowage in a virtual host of its own: users with the rights of the contract, disks, a spool, workers, a producer
/// and its events.
final class Installation: Sendable {
    /// Who a process is to the broker.
    enum Role: String, CaseIterable {
        case worker, operator_ = "operator", administrator, producer

        var user: String { self == .producer ? "moodle" : "stowage-" + rawValue }
    }

    static let password = "secret"

    let server: RabbitMQServer
    let virtualHost: String
    let folder: TemporaryFolder
    let settings: Settings
    /// Publishes as the producer.
    let producer: AMQPBroker
    /// What the producer's connections say.
    let producerLog = RecordingLogSink()
    private let collector = Guarded<EventCollector?>(nil)
    private let workers = Guarded<[WorkerProcess]>([])
    private let files = Guarded(0)

    /// Runs `body` with an installation whose topology is declared; everything is gone afterwards.
    static func with(
        _ settings: Settings = Settings(), on server: RabbitMQServer? = nil, isDeclared: Bool = true,
        _ body: (Installation) async throws -> Void
    ) async throws {
        let server = try server ?? RabbitMQServer.shared()
        let installation = try await Installation(settings, on: server)
        do {
            if isDeclared {
                try await installation.declareTopology()
                try await installation.collectEvents()
            }
            try await body(installation)
        } catch {
            installation.tell()
            await installation.close()
            throw error
        }
        await installation.close()
    }

    /// Prints what everybody said last, for whoever reads about a failure.
    private func tell() {
        print("producer:", producerLog.lines.suffix(8).map { "\($0)" }.joined(separator: "\n"), separator: "\n")
        for worker in workers.withLock(\.self) { print("worker \(worker.pid):", worker.lastLines, separator: "\n") }
    }

    private init(_ settings: Settings, on server: RabbitMQServer) async throws {
        self.server = server
        self.settings = settings
        virtualHost = "e2e-\(UInt32.random(in: 0 ... .max))"
        folder = try TemporaryFolder()
        try await server.makeVirtualHost(
            virtualHost, roles: Role.allCases.map { ($0.rawValue, $0.user) }, password: Self.password)
        let url = server.url(user: Role.producer.user, password: Self.password, virtualHost: virtualHost)
        var configuration = AMQPConfiguration(urls: [try AMQPURL(url)])
        configuration.backoff = Backoff(first: .milliseconds(20), longest: .milliseconds(200))
        producer = AMQPBroker(configuration, logger: producerLog.logger)
        for name in ["spool"] + settings.drivers.map({ "disks/" + $0.name }) {
            try FileManager.default.createDirectory(
                atPath: folder.path(name), withIntermediateDirectories: true)
        }
    }

    private func close() async {
        for worker in workers.withLock(\.self) { await worker.kill() }
        await producer.close()
        _ = try? await server.manage("DELETE", "vhosts/" + virtualHost)
    }

    var events: EventCollector {
        collector.withLock { collector in
            guard let collector else { preconditionFailure("the topology was not declared") }
            return collector
        }
    }

    func declareTopology() async throws {
        let command = try await stowage(as: .administrator, "topology", "declare")
        guard command.exit == .code(0) else { throw UnexpectedTurn(command.errors) }
    }

    func collectEvents() async throws {
        let collector = try await EventCollector(
            producer, queue: "stowage.ev.moodle.results", exchange: "stowage.events", key: "*.*.*.moodle")
        self.collector.withLock { $0 = collector }
    }

    func disk(_ driver: String) -> String { folder.path("disks/" + driver) }
    func spool(_ name: String) -> String { folder.path("spool/" + name) }

    /// The configuration for a part, in a file of its own.
    func configuration(_ role: Role, _ settings: Settings) throws -> String {
        let number = files.withLock { number in
            number += 1
            return number
        }
        let url = server.url(user: role.user, password: Self.password, virtualHost: virtualHost)
        var lines = [
            "broker: { url: \"\(url)\", trustedUsers: [\(Role.operator_.user)]\(settings.brokerKeys) }",
            "worker: { concurrency: \(settings.concurrency), gracePeriodSeconds: \(settings.gracePeriodSeconds), "
                + "drivers: [\(settings.served)] }",
            "spool: { roots: [\(folder.path("spool"))] }",
            "limits: \(settings.limits)",
            "sources: \(settings.sources)",
            "events: \(settings.events)",
            "space: { everySeconds: \(settings.spaceSeconds) }",
            "retry: { maxAttempts: \(settings.maxAttempts), "
                + "attemptsBeforeFailover: \(settings.attemptsBeforeFailover), delays: \(settings.delays) }",
            "sweep: { afterSeconds: \(settings.sweepSeconds) }",
            "log: { format: json, level: \(settings.level) }",
            "drivers:",
        ]
        for driver in settings.drivers {
            let path = settings.disks[driver.name] ?? disk(driver.name)
            let keys = driver.keys.isEmpty ? "" : ", " + driver.keys
            let entry = settings.entries[driver.name] ?? "type: local, path: \(path)"
            lines.append("  \(driver.name): { \(entry)\(keys) }")
        }
        return try folder.write(lines.joined(separator: "\n") + "\n", to: "configuration/\(number).yaml")
    }

    /// Starts a worker and waits until it consumes; one that is armed may meet its task, and its end, before.
    @discardableResult
    func startWorker(_ settings: Settings? = nil, program: String = StowageProgram.debug) async throws -> WorkerProcess
    {
        let worker = try launchWorker(settings, program: program)
        try await worker.consuming()
        return worker
    }

    /// Starts a worker, armed to kill itself at `crashPoint`.
    func launchWorker(
        _ settings: Settings? = nil, crashPoint: String? = nil, program: String = StowageProgram.debug
    ) throws -> WorkerProcess {
        let worker = try WorkerProcess(
            configuration: configuration(.worker, settings ?? self.settings), crashPoint: crashPoint,
            program: program)
        workers.withLock { $0.append(worker) }
        return worker
    }

    /// What a command said.
    struct Command {
        var exit: ChildProcess.Exit
        var output: String
        var errors: String

        /// Each line of the output as a JSON object.
        var documents: [[String: Any]] {
            output.split(separator: "\n").compactMap {
                try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
            }
        }
    }

    /// Runs a subcommand to its end.
    func stowage(as role: Role, _ arguments: String...) async throws -> Command {
        try await stowage(as: role, arguments: arguments)
    }

    func stowage(as role: Role, arguments: [String]) async throws -> Command {
        let path = try configuration(role, settings)
        let process = try ChildProcess([StowageProgram.debug] + arguments + ["--config", path])
        let exit = await process.ended()
        return Command(exit: exit, output: process.outputText, errors: process.errorText)
    }
}
