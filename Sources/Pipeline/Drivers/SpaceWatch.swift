package import Observability
package import ServiceRuntime
package import Storage
package import StowageContract

/// Looks at the room of the served drivers at the start and on a schedule, and says once when one falls below its
/// minimum.
package struct SpaceWatch: Service {
    private let board: DriverBoard
    private let api: StorageAPI
    private let drivers: [DriverName]
    private let interval: Duration
    private let notifications: NotificationService
    private let time: TimeSource
    private let logger: Logger
    private let metrics: MetricsRegistry

    /// A watch of these drivers; one that is down on `board` is not asked.
    package init(
        board: DriverBoard, api: StorageAPI, drivers: [DriverName], every interval: Duration,
        notifications: NotificationService, time: TimeSource, logger: Logger, metrics: MetricsRegistry
    ) {
        self.board = board
        self.api = api
        self.drivers = drivers
        self.interval = interval
        self.notifications = notifications
        self.time = time
        self.logger = logger
        self.metrics = metrics
    }

    package func run() async throws {
        await withDiscardingTaskGroup { group in
            for driver in drivers {
                group.addTask { await watch(driver) }
            }
        }
        try Task.checkCancellation()
    }

    private func watch(_ driver: DriverName) async {
        let settings = api.settings(of: driver) ?? DriverSettings()
        let lookout = Lookout<StoreCapacity?>(limit: DriverWatch.probeLimit, time: time) { [api, logger] in
            do throws(StorageError) {
                return try await api.storage(driver).capacityOutOfTurn()
            } catch {
                logger.debug(
                    "cannot read the capacity",
                    [LogField("driver.name", driver), LogField("error", error.message)])
                return nil
            }
        }
        var level = SpaceLevel()
        while !Task.isCancelled {
            if board.downSince(driver) == nil, let capacity = await lookout.answer() ?? nil {
                show(capacity, of: driver)
                let wasLow = level.isLow
                if let minimum = level.note(capacity, settings) {
                    guard await announce(capacity, minimum, of: driver) else { return }
                } else if wasLow, !level.isLow {
                    logger.info("space is no longer low", [LogField("driver.name", driver)])
                }
            }
            do { try await time.sleep(interval) } catch { return }
        }
    }

    private func show(_ capacity: StoreCapacity, of driver: DriverName) {
        let labels = [("driver", driver.text)]
        if let free = capacity.freeBytes {
            metrics.gauge("stowage_driver_free_bytes", labels).set(free)
            metrics.describe("stowage_driver_free_bytes", "Free space of the driver's store when it was last asked.")
        }
        if let total = capacity.totalBytes {
            metrics.gauge("stowage_driver_total_bytes", labels).set(total)
            metrics.describe("stowage_driver_total_bytes", "Size of the driver's store when it was last asked.")
        }
    }

    private func announce(_ capacity: StoreCapacity, _ minimum: Int64, of driver: DriverName) async -> Bool {
        logger.warning(
            "space is low",
            [
                LogField("driver.name", driver), LogField("free.bytes", capacity.freeBytes ?? 0),
                LogField("minimum.bytes", minimum),
            ])
        let event = notifications.event(.spaceLow(capacity: capacity, minimumFreeBytes: minimum), about: driver)
        do throws(Outbox.DeliveryLost) { try await notifications.announce(event) } catch { return false }
        return true
    }
}
