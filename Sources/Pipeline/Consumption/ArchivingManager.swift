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
    private let control: ControlBoard
    private let time: TimeSource
    private let logger: Logger
    private let shutdown: ShutdownSignal

    /// A manager; `slots` says how many tasks of slow queues run at once in all, `concurrency` how many of one driver;
    /// `throttle` how many channels a driver's consumers may have at the moment.
    package init(
        configuration: PipelineConfiguration, broker: any MessageBroker, slots: Int,
        concurrency: @escaping @Sendable (DriverName) -> Int, throttle: ConsumerThrottle = ConsumerThrottle(),
        clerk: TaskClerk, control: ControlBoard = ControlBoard(), time: TimeSource = .system, logger: Logger,
        shutdown: ShutdownSignal
    ) {
        self.configuration = configuration
        self.broker = broker
        self.slots = slots
        self.limit = ConcurrencyLimit(slots)
        self.concurrency = concurrency
        self.throttle = throttle
        self.clerk = clerk
        self.control = control
        self.time = time
        self.logger = logger
        self.shutdown = shutdown
    }

    /// Consuming ended although nobody asked for it.
    package struct ConsumersEnded: Error {}

    package func run() async throws {
        let lanes = self.lanes
        let started: [(Lane, (any MessageConsumer)?)]
        do { started = try await start(lanes) } catch {
            if shutdown.isRequested { return }
            throw error
        }
        logger.info(
            "worker consumes",
            [
                LogField("drivers", configuration.drivers.map(\.text).joined(separator: ",")),
                LogField("held", lanes.count - started.count { $0.1 != nil }), LogField("worker", configuration.worker),
            ])
        let stop = ShutdownSignal()
        await withTaskGroup(of: Bool.self) { group in
            for (lane, consumer) in started {
                group.addTask {
                    let service = LaneService(
                        lane: lane, broker: broker, throttle: throttle, control: control, time: time, logger: logger)
                    await service.run(consumer, until: stop)
                    // Without being asked to: then nothing else is consumed any more either.
                    stop.request()
                    return true
                }
            }
            group.addTask {
                await shutdown.requested()
                stop.request()
                return false
            }
            for drain in drains(lanes) {
                group.addTask {
                    await drain.tell(until: stop)
                    return false
                }
            }
            var open = started.count
            for await isLane in group where isLane {
                open -= 1
                if open == 0 { group.cancelAll() }
            }
        }
        if !shutdown.isRequested, !Task.isCancelled { throw ConsumersEnded() }
    }

    /// Consumes every lane that is not held, or none.
    private func start(_ lanes: [Lane]) async throws -> [(Lane, (any MessageConsumer)?)] {
        var started: [(Lane, (any MessageConsumer)?)] = []
        do {
            for lane in lanes {
                let isHeld = control.check { lane.isHeld(in: $0) }
                let consumer =
                    isHeld
                    ? nil : try await shutdown.cancelling { try await broker.consume(lane.queue, lane.options) }
                started.append((lane, consumer))
            }
        } catch {
            // Nobody would read what they are sent.
            for case (_, let consumer?) in started { await consumer.giveUp(to: broker) }
            throw error
        }
        return started
    }

    private var lanes: [Lane] {
        let clerk = clerk
        let limit = limit
        let run: @Sendable (Delivery) async -> Void = { await clerk.run($0) }
        let runInSlot: @Sendable (Delivery) async -> Void = { delivery in
            // The broker's clock runs while the delivery waits for its slot.
            let arrivedAt = clerk.monotonic
            // Cancelled while it waited: the delivery returns when the connection closes.
            _ = try? await limit.withPermit { await clerk.run(delivery, arrivedAt: arrivedAt) }
        }
        var lanes: [Lane] = []
        for driver in configuration.drivers {
            let channels = ConsumerOptions(channels: min(concurrency(driver), slots), prefetch: 1)
            lanes.append(
                Lane(
                    queue: configuration.names.slowQueue(driver), driver: driver, options: channels, handle: runInSlot))
            let lane = ConsumerOptions(channels: 1, prefetch: Self.quickPrefetch)
            lanes.append(
                Lane(
                    queue: configuration.names.quickQueue(driver), driver: driver, options: lane, isQuick: true,
                    handle: run))
        }
        let graves = ConsumerOptions(channels: 1, prefetch: 16)
        lanes.append(
            Lane(
                queue: configuration.names.undertaker, driver: nil, options: graves, handle: { await clerk.bury($0) }))
        return lanes
    }

    /// What there is to say when drivers, or the whole worker, are drained.
    private func drains(_ lanes: [Lane]) -> [Drain] {
        let whole = Drain(
            lanes: lanes, control: control, isAsked: { $0.isDrained },
            say: {
                logger.info(
                    "worker drained: nothing runs and nothing is consumed",
                    [LogField("worker", configuration.worker)])
            })
        return [whole]
            + configuration.drivers.map { driver in
                Drain(
                    lanes: lanes.filter { $0.driver == driver }, control: control,
                    isAsked: { $0.hold(on: driver) == .drained },
                    say: { logger.info("driver drained", [LogField("driver.name", driver)]) })
            }
    }
}
