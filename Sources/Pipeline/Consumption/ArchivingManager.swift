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
    private let throttle: ConsumerThrottle
    private let clerk: TaskClerk
    private let logger: Logger
    private let shutdown: ShutdownSignal

    /// A manager; `slots` says how many tasks of slow queues run at once in all, `concurrency` how many of one driver;
    /// `throttle` how many channels a driver's consumers may have at the moment.
    package init(
        configuration: PipelineConfiguration, broker: any MessageBroker, slots: Int,
        concurrency: @escaping @Sendable (DriverName) -> Int, throttle: ConsumerThrottle = ConsumerThrottle(),
        clerk: TaskClerk, logger: Logger, shutdown: ShutdownSignal
    ) {
        self.configuration = configuration
        self.broker = broker
        self.slots = slots
        self.limit = ConcurrencyLimit(slots)
        self.concurrency = concurrency
        self.throttle = throttle
        self.clerk = clerk
        self.logger = logger
        self.shutdown = shutdown
    }

    /// Consuming ended although nobody asked for it.
    package struct ConsumersEnded: Error {}

    package func run() async throws {
        let consumers = try await startConsumers()
        var tickets: [Int] = []
        for consumer in consumers {
            guard let driver = consumer.driver else { continue }
            tickets.append(await throttle.attach(consumer.consumer, of: driver, channels: consumer.channels))
        }
        defer { for ticket in tickets { throttle.detach(ticket) } }
        logger.info(
            "worker consumes", [LogField("drivers", configuration.drivers.map(\.text).joined(separator: ","))])
        await withTaskGroup(of: Bool.self) { group in
            for consumer in consumers {
                group.addTask {
                    await consume(consumer.consumer, consumer.handle)
                    return true
                }
            }
            group.addTask {
                await shutdown.requested()
                for consumer in consumers { await consumer.consumer.cancel() }
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

    private struct Started: Sendable {
        var consumer: any MessageConsumer
        /// `nil`: the undertaker's.
        var driver: DriverName?
        var channels: Int
        var handle: Handler
    }

    private func startConsumers() async throws(BrokerError) -> [Started] {
        let clerk = clerk
        let limit = limit
        let run: Handler = { await clerk.run($0) }
        let runInSlot: Handler = { delivery in
            // Cancelled while it waited: the delivery returns when the connection closes.
            _ = try? await limit.withPermit { await clerk.run(delivery) }
        }
        let bury: Handler = { await clerk.bury($0) }
        var consumers: [Started] = []
        func start(
            _ queue: String, _ options: ConsumerOptions, of driver: DriverName? = nil, _ handle: @escaping Handler
        ) async throws(BrokerError) {
            let consumer = try await broker.consume(queue, options)
            consumers.append(
                Started(consumer: consumer, driver: driver, channels: options.channels, handle: handle))
        }
        for driver in configuration.drivers {
            let channels = ConsumerOptions(channels: min(concurrency(driver), slots), prefetch: 1)
            try await start(configuration.names.slowQueue(driver), channels, of: driver, runInSlot)
            let lane = ConsumerOptions(channels: 1, prefetch: Self.quickPrefetch)
            try await start(configuration.names.quickQueue(driver), lane, of: driver, run)
        }
        let graves = ConsumerOptions(channels: 1, prefetch: 16)
        try await start(configuration.names.undertaker, graves, bury)
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
