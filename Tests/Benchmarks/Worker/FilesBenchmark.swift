import Foundation
import Messaging
import Observability
import Pipeline
import ServiceRuntime
import Sharing
import Storage
import StowageContract
import StowageKit

/// Stores every file of a folder as one task each, through the real worker, on a broker in this process.
///
/// What is left is what a client of the store does too: read, hash, send, check.
struct FilesBenchmark {
    /// Not every task has succeeded.
    struct Failed: Error, CustomStringConvertible {
        var description: String
    }

    private static let events = "benchmark.files-events"
    private static let failures = "benchmark.files-failures"

    private let names: [String]
    private let folder: String
    private let configuration: StowageConfiguration
    private let factory = StorageDriverFactory(StowageProgram.bundledDrivers)
    private let logger = Logger(sink: DescriptorLogSink(format: .json), level: .warning)

    /// `driver` is the configuration of the driver in flow style; `slots`, how many tasks run at once.
    init(folder: String, driver: String, slots: Int) throws {
        self.folder = folder
        names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        let text = """
            broker: { url: "amqp://127.0.0.1/", prefix: benchmark }
            worker: { concurrency: \(slots) }
            spool: { roots: ["\(folder)"] }
            drivers:
              archive: \(driver)
            """
        configuration = try ConfigurationLoader().configuration(
            of: Array(text.utf8), file: "benchmark.yaml", validate: factory.validate)
    }

    func run() async throws -> BenchmarkFigures {
        let server = InMemoryServer(time: .system)
        let broker = InMemoryBroker(server: server)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await server.run() }
            defer { group.cancelAll() }
            let topology = Topology(
                prefix: configuration.broker.prefix, drivers: configuration.drivers.map(\.name),
                levels: configuration.retry.levels)
            try await declare(topology, on: broker)
            // As producers do: while the worker finds out about its store.
            group.addTask { try await publish(to: topology.names.tasks, on: broker) }
            let figures = try await work(broker)
            guard try await broker.messageCount(of: Self.events) == names.count else {
                throw Failed(description: "tasks failed: " + (try await firstFailure(broker)))
            }
            await broker.close()
            return figures
        }
    }

    private func firstFailure(_ broker: InMemoryBroker) async throws -> String {
        guard case .complete(let body)? = try await broker.get(Self.failures)?.body else { return "no event says why" }
        return String(decoding: body, as: UTF8.self)
    }

    private func work(_ broker: InMemoryBroker) async throws -> BenchmarkFigures {
        let (signals, continuation) = AsyncStream.makeStream(of: UnixSignal.self)
        let end = Guarded<(time: ContinuousClock.Instant, processor: Double)?>(nil)
        let counting = CountingBroker(broker, until: names.count) {
            end.withLock { $0 = (.now, BenchmarkFigures.processorSeconds) }
            continuation.yield(.terminate)
        }
        let processor = BenchmarkFigures.processorSeconds
        let worker = StowageWorker(
            configuration: configuration, factory: factory, observability: Observability(logger: logger))
        try await worker.run(on: counting, signals: signals)
        guard let end = end.withLock({ $0 }), let start = counting.startedAt else {
            throw WorkerBenchmark.Unfinished()
        }
        return BenchmarkFigures(
            count: names.count, time: start.duration(to: end.time), processorSeconds: end.processor - processor)
    }

    private func declare(_ topology: Topology, on broker: InMemoryBroker) async throws {
        try await topology.declare(on: broker)
        for (queue, key) in [(Self.events, "succeeded.#"), (Self.failures, "failed.#")] {
            try await broker.declare(.queue(name: queue, arguments: [:]), passive: false)
            try await broker.declare(
                .binding(.init(exchange: topology.names.events, queue: queue, routingKey: key)), passive: false)
        }
    }

    private func publish(to exchange: String, on broker: InMemoryBroker) async throws {
        for (number, name) in names.enumerated() {
            let body =
                #"{"version":1,"id":"file-\#(number)","operation":"store","driver":"archive","#
                + #""data":{"name":"\#(name)","source":{"file":"\#(folder)/\#(name)"}},"options":{"maxAttempts":1}}"#
            let message = OutgoingMessage(
                exchange: exchange, routingKey: "archive.store", isMandatory: true,
                properties: MessageProperties(), body: Array(body.utf8))
            guard try await broker.publish(message) == .confirmed else { throw WorkerBenchmark.Unfinished() }
        }
    }
}
