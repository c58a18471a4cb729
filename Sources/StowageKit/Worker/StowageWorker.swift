import FileSystem
package import Messaging
package import Observability
import Pipeline
package import ServiceRuntime
package import Storage
import StowageContract

/// A worker put together: broker, storages and pipeline of one process.
///
/// The one place where the layers meet; `run` is the whole life of the process.
package struct StowageWorker: Sendable {
    private let configuration: StowageConfiguration
    private let factory: StorageDriverFactory
    private let observability: Observability
    private let time: TimeSource
    private let name: String

    /// A worker.
    ///
    /// `name` must differ between all workers that run; it stands in their events.
    package init(
        configuration: StowageConfiguration, factory: StorageDriverFactory, observability: Observability,
        name: String = WorkerName.ofThisProcess(), time: TimeSource = .system
    ) {
        self.configuration = configuration
        self.factory = factory
        self.observability = observability
        self.name = name
        self.time = time
    }

    /// Consumes until a signal comes.
    ///
    /// - Throws: `TopologyIncomplete`, `ServiceFailure`: what the last line of the process should say.
    package func run(signals: AsyncStream<UnixSignal>) async throws {
        var connection = configuration.broker.connection(name: name)
        connection.maximumBodyBytes = configuration.limits.taskBytes
        let broker = AMQPBroker(connection, logger: observability.logger)
        do {
            try await run(on: broker, signals: signals)
        } catch {
            await closing.close("broker") { await broker.close() }
            throw error
        }
        await closing.close("broker") { await broker.close() }
    }

    /// Consumes from `broker` until a signal comes; the caller closes the broker.
    package func run(on broker: any MessageBroker, signals: AsyncStream<UnixSignal>) async throws {
        let logger = observability.logger
        let shutdown = ShutdownSignal()
        let blocking = BlockingPool(
            threads: 16, gauge: observability.metrics.gauge("stowage_calls_left", [("driver", "")]))
        let board = DriverBoard(configuration.drivers.map(\.name), time: time)
        let watchdog = Watchdog(time: time, logger: logger, metrics: observability.metrics, breaker: board)
        let throttle = ConsumerThrottle()
        let api = StorageAPI(
            factory: factory, drivers: configuration.drivers,
            environment: StorageEnvironment(
                blocking: blocking, time: time, metrics: observability.metrics, logger: logger, breaker: board))
        let locations = Locations(
            configuration.locationPolicy, fileServers: BundledConnectors.all, time: time)
        let control = ControlBoard(worker: name, drivers: servedNames)
        let listener = ControlListener(
            configuration: pipeline, broker: broker, board: control, time: time, logger: logger,
            metrics: observability.metrics)
        let outbox = Outbox(broker: broker, time: time, logger: logger, metrics: observability.metrics)
        let notifications = NotificationService(
            outbox: outbox, names: names, worker: name, time: time, logger: logger, metrics: observability.metrics)
        let manager = archivingManager(
            broker: broker, api: api, board: board, throttle: throttle, control: control, outbox: outbox,
            notifications: notifications, blocking: blocking, locations: locations, watchdog: watchdog,
            shutdown: shutdown)
        let driverWatch = DriverWatch(
            board: board, api: api, served: servedNames, throttle: throttle, notifications: notifications, time: time,
            logger: logger, metrics: observability.metrics)
        let spaceWatch = SpaceWatch(
            board: board, api: api, drivers: servedNames, every: configuration.space.every,
            notifications: notifications, time: time, logger: logger, metrics: observability.metrics)
        let sweeper = Sweeper(
            api: api, drivers: servedNames, age: configuration.sweep.after, time: time, logger: logger)
        let archiving = Supervisor("archiving", time: time, logger: logger) { try await manager.run() }
        let listening = Supervisor("control", time: time, logger: logger) { try await listener.run() }
        let prepared = ShutdownSignal()
        let service = ClosureService {
            // A topology that is not there is for an administrator to mend: starting again would not.
            try await shutdown.cancelling { try await prepareTopology(on: broker) }
            prepared.request()
            // What operators have said must be known before the first task is taken.
            try await shutdown.cancelling { await control.read() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                // Only now is there an exchange for what they have to say.
                group.addTask { try await driverWatch.run() }
                group.addTask { try await spaceWatch.run() }
                try await archiving.run()
                group.cancelAll()
            }
        }
        let group = ServiceGroup(
            [
                .init("archiving", service),
                .init("watchdog", role: .background, watchdog),
                .init(
                    "control", role: .background,
                    ClosureService {
                        await prepared.requested()
                        try Task.checkCancellation()
                        try await listening.run()
                    }),
                .init("sweeper", role: .background, sweeper),
            ],
            shutdown: shutdown, signals: signals,
            deadlines: .init(graceful: configuration.worker.gracePeriod), time: time, logger: logger,
            abandon: { WorkerName.endProcess() })
        do throws(ServiceFailure) { try await group.run() } catch {
            await close(locations, api)
            throw error
        }
        await close(locations, api)
        logger.info("worker ended")
    }

    private var closing: Closing {
        Closing(time: time, logger: observability.logger) { WorkerName.endProcess() }
    }

    private func close(_ locations: Locations, _ api: StorageAPI) async {
        await closing.close("locations") { await locations.close() }
        await closing.close("storages") { await api.close() }
    }

    private var servedNames: [DriverName] { configuration.servedDrivers.map(\.name) }

    private var names: TopologyNames { TopologyNames(prefix: configuration.broker.prefix) }

    private var pipeline: PipelineConfiguration {
        PipelineConfiguration(
            names: names, worker: name, trustedUsers: configuration.broker.trustedUsers,
            inlineBytes: configuration.limits.inlineBytes, retry: configuration.retry.policy, drivers: servedNames,
            acknowledgementTimeout: configuration.broker.acknowledgementTimeout)
    }

    private func prepareTopology(on broker: any MessageBroker) async throws {
        let topology = Topology(
            prefix: configuration.broker.prefix, drivers: servedNames, levels: configuration.retry.levels)
        let preparation = TopologyPreparation(time: time, logger: observability.logger)
        try await preparation.run(on: broker) { () async throws(TopologyIncomplete) in
            switch configuration.broker.topology {
            case .declare: try await topology.declare(on: broker)
            case .verify: try await topology.verifyForWorker(on: broker)
            }
        }
    }

    private func archivingManager(
        broker: any MessageBroker, api: StorageAPI, board: DriverBoard, throttle: ConsumerThrottle,
        control: ControlBoard, outbox: Outbox, notifications: NotificationService, blocking: BlockingPool,
        locations: Locations, watchdog: Watchdog, shutdown: ShutdownSignal
    ) -> ArchivingManager {
        let logger = observability.logger
        let metrics = observability.metrics
        let pipeline = pipeline
        let reader = TaskReader(
            trust: HeaderTrust(users: [broker.user] + pipeline.trustedUsers), inlineBytes: pipeline.inlineBytes
        ) { api.settings(of: $0) }
        let settler = TaskSettler(
            broker: broker, outbox: outbox, notifications: notifications, names: names, time: time)
        let spool = SpoolRoots(configuration.spool.roots)
        let watch = TaskWatch(
            watchdog: watchdog, notifications: notifications, progressInterval: configuration.events.progressInterval)
        let runner = TaskRunner(
            configuration: pipeline, api: api, spool: spool, blocking: blocking, locations: locations, time: time,
            control: control, board: board, watch: watch)
        let lastWord = LastWord(
            worker: name, broker: broker, reader: reader, settler: settler,
            look: LastLook(api: api, spool: spool, blocking: blocking, locations: locations, watch: watch), time: time)
        let undertaker = Undertaker(
            configuration: pipeline, broker: broker, reader: reader, settler: settler, lastWord: lastWord, time: time)
        let clerk = TaskClerk(
            broker: broker, reader: reader, runner: runner, settler: settler, undertaker: undertaker,
            lastWord: lastWord, time: time, logger: logger, metrics: metrics, shutdown: shutdown,
            acknowledgementTimeout: pipeline.acknowledgementTimeout)
        let total = configuration.worker.concurrency
        return ArchivingManager(
            configuration: pipeline, broker: broker, slots: total,
            concurrency: { api.settings(of: $0)?.concurrency ?? total }, throttle: throttle, clerk: clerk,
            control: control, time: time, logger: logger, shutdown: shutdown)
    }
}
