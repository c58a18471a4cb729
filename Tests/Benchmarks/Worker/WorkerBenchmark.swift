import Sharing
import Glibc
import Messaging
import Observability
import Pipeline
import ServiceRuntime
import Storage
import StorageDrivers
import StowageContract
import StowageKit

/// One run: the topology made, the queue filled, the worker timed.
struct WorkerBenchmark {
    private let arguments: BenchmarkArguments
    private let configuration: StowageConfiguration
    private let logger: Logger

    /// The worker ended before its tasks did.
    struct Unfinished: Error {}

    init(_ arguments: BenchmarkArguments) throws {
        self.arguments = arguments
        let workload = arguments.workload
        let text = """
            broker: { url: "\(arguments.url)", prefix: \(arguments.prefix) }
            worker: { concurrency: \(workload.slots) }
            drivers:
              \(Workload.driverName): \(workload.driver(path: arguments.path))
            """
        configuration = try ConfigurationLoader().configuration(of: Array(text.utf8), file: "benchmark.yaml")
        logger = Logger(sink: DescriptorLogSink(format: .json), level: .warning)
    }

    func run() async throws -> BenchmarkFigures {
        try await fill()
        let broker = AMQPBroker(configuration.broker.connection(name: "benchmark"), logger: logger)
        try await broker.waitUntilConnected(within: .seconds(10))
        let (signals, continuation) = AsyncStream.makeStream(of: UnixSignal.self)
        let end = Guarded<(time: ContinuousClock.Instant, processor: Double)?>(nil)
        let counting = CountingBroker(broker, until: arguments.count) {
            end.withLock { $0 = (.now, BenchmarkFigures.processorSeconds) }
            continuation.yield(.terminate)
        }
        let processor = BenchmarkFigures.processorSeconds
        let worker = StowageWorker(
            configuration: configuration, factory: StorageDriverFactory(AllDrivers.all),
            observability: Observability(logger: logger))
        try await worker.run(on: counting, signals: signals)
        await broker.close()
        guard let end = end.withLock({ $0 }), let start = counting.startedAt else { throw Unfinished() }
        return BenchmarkFigures(
            count: arguments.count, time: start.duration(to: end.time), processorSeconds: end.processor - processor)
    }

    /// Makes the topology and a queue for the events, and publishes the tasks, each with its confirm.
    private func fill() async throws {
        let broker = AMQPBroker(configuration.broker.connection(name: "benchmark-fill"), logger: logger)
        try await broker.waitUntilConnected(within: .seconds(10))
        let topology = Topology(
            prefix: arguments.prefix, drivers: configuration.drivers.map(\.name), levels: configuration.retry.levels)
        try await topology.declare(on: broker)
        let events = "\(arguments.prefix).benchmark-events"
        try await broker.declare(.queue(name: events, arguments: ["x-queue-type": .string("quorum")]), passive: false)
        try await broker.declare(
            .binding(.init(exchange: topology.names.events, queue: events, routingKey: "succeeded.#")), passive: false)
        let lanes = 128
        try await withThrowingTaskGroup { group in
            for lane in 1...lanes {
                group.addTask { [self] in
                    for number in stride(from: lane, through: arguments.count, by: lanes) {
                        try await publish(number, to: topology.names.tasks, on: broker)
                    }
                }
            }
            try await group.waitForAll()
        }
        await broker.close()
    }

    private func publish(_ number: Int, to exchange: String, on broker: AMQPBroker) async throws {
        let workload = arguments.workload
        var properties = MessageProperties()
        properties.contentType = "application/json"
        properties.messageID = workload.messageID(number)
        let message = OutgoingMessage(
            exchange: exchange, routingKey: workload.routingKey, isMandatory: true, properties: properties,
            body: workload.body(number))
        guard try await broker.publish(message) == .confirmed else { throw Unfinished() }
    }
}
