import Sharing
package import Messaging
package import Observability
package import ServiceRuntime
package import StowageContract

/// Consumes tasks, has each run by a `TaskRunner` in a task of its own, and has it settled.
///
/// Per driver two queues: the slow one with a channel for every slot, so that a timeout or a crash costs one task; the
/// quick one with one channel. Besides, the undertaker's. Ends when shutdown is requested and what ran has ended;
/// cancellation ends what runs, whose deliveries then go back to their queues.
package struct ArchivingManager: Service {
    /// Unsettled deliveries of a quick queue: enough to keep the broker busy, few enough to share them out.
    package static let quickPrefetch = 256

    private let configuration: PipelineConfiguration
    private let broker: any MessageBroker
    private let slots: Int
    private let limit: ConcurrencyLimit
    private let concurrency: @Sendable (DriverName) -> Int
    private let clerk: TaskClerk
    private let logger: Logger
    private let shutdown: ShutdownSignal

    /// A manager; `slots` says how many tasks of slow queues run at once in all, `concurrency` how many of one driver.
    package init(
        configuration: PipelineConfiguration, broker: any MessageBroker, slots: Int,
        concurrency: @escaping @Sendable (DriverName) -> Int, clerk: TaskClerk, logger: Logger,
        shutdown: ShutdownSignal
    ) {
        self.configuration = configuration
        self.broker = broker
        self.slots = slots
        self.limit = ConcurrencyLimit(slots)
        self.concurrency = concurrency
        self.clerk = clerk
        self.logger = logger
        self.shutdown = shutdown
    }

    /// Consuming ended although nobody asked for it.
    package struct ConsumersEnded: Error {}

    package func run() async throws {
        let consumers = try await startConsumers()
        logger.info(
            "worker consumes", [LogField("drivers", configuration.drivers.map(\.text).joined(separator: ","))])
        await withTaskGroup(of: Bool.self) { group in
            for (consumer, executor, handle) in consumers {
                group.addTask(executorPreference: executor) {
                    await consume(consumer, handle)
                    return true
                }
            }
            group.addTask {
                await shutdown.requested()
                for (consumer, _, _) in consumers { await consumer.cancel() }
                return false
            }
            var open = consumers.count
            for await isConsumer in group where isConsumer {
                open -= 1
                if open == 0 { group.cancelAll() }
            }
        }
        if !shutdown.isRequested, !Task.isCancelled { throw ConsumersEnded() }
    }

    private typealias Handler = @Sendable (Delivery) async -> Void

    /// Consumers, with what handles their deliveries and where.
    ///
    /// Tasks of slow queues hash and decode whole archives, for which the pool is the place.
    private func startConsumers() async throws(BrokerError) -> [(any MessageConsumer, (any TaskExecutor)?, Handler)] {
        let clerk = clerk
        let limit = limit
        let run: Handler = { await clerk.run($0) }
        let runInSlot: Handler = { delivery in
            // Cancelled while it waited: the delivery returns when the connection closes.
            _ = try? await limit.withPermit { await clerk.run(delivery) }
        }
        let bury: Handler = { await clerk.bury($0) }
        var consumers: [(any MessageConsumer, (any TaskExecutor)?, Handler)] = []
        for driver in configuration.drivers {
            let channels = ConsumerOptions(channels: min(concurrency(driver), slots), prefetch: 1)
            let slow = try await broker.consume(configuration.names.slowQueue(driver), channels)
            consumers.append((slow, nil, runInSlot))
            let lane = ConsumerOptions(channels: 1, prefetch: Self.quickPrefetch)
            let quick = try await broker.consume(configuration.names.quickQueue(driver), lane)
            consumers.append((quick, quick.executor, run))
        }
        let graves = ConsumerOptions(channels: 1, prefetch: 16)
        consumers.append((try await broker.consume(configuration.names.undertaker, graves), nil, bury))
        return consumers
    }

    private func consume(_ consumer: any MessageConsumer, _ handle: @escaping Handler) async {
        await withDiscardingTaskGroup { group in
            for await delivery in consumer.deliveries {
                group.addTask { await handle(delivery) }
            }
        }
    }
}
