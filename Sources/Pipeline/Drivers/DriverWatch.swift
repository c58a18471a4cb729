package import Observability
package import ServiceRuntime
import Sharing
package import Storage
package import StowageContract

/// Waits for drivers to go down, probes them until they answer, and says both to everybody.
///
/// The consumers of a driver that is down pause; where it has fallbacks they go on with one channel, so that its stores
/// move on. Served drivers are probed from the start and every half minute, so that one that cannot be opened, or is
/// away while nothing asks for it, is known to be down.
package struct DriverWatch: Service {
    /// Between two probes of a driver that answers.
    package static let patrolInterval: Duration = .seconds(30)
    /// A probe that takes longer has found no answer.
    package static let probeLimit: Duration = .seconds(5)

    private let board: DriverBoard
    private let served: [DriverName]
    private let hasFallbacks: @Sendable (DriverName) -> Bool
    private let throttle: ConsumerThrottle
    private let notifications: NotificationService
    private let time: TimeSource
    private let logger: Logger
    private let metrics: MetricsRegistry
    private let lookouts: [DriverName: Lookout<Finding>]

    /// What a probe found.
    private struct Finding: Sendable {
        var failure: StorageAPI.ProbeFailure?
        var milliseconds: Int64
    }

    /// A watch of all drivers of `board`; `served` are those whose tasks this worker runs.
    package init(
        board: DriverBoard, api: StorageAPI, served: [DriverName], throttle: ConsumerThrottle,
        notifications: NotificationService, time: TimeSource, logger: Logger, metrics: MetricsRegistry
    ) {
        self.board = board
        self.served = served
        self.hasFallbacks = { !(api.settings(of: $0)?.fallbacks.isEmpty ?? true) }
        self.throttle = throttle
        self.notifications = notifications
        self.time = time
        self.logger = logger
        self.metrics = metrics
        self.lookouts = Dictionary(
            uniqueKeysWithValues: board.drivers.map { driver in
                let lookout = Lookout<Finding>(limit: Self.probeLimit, time: time) {
                    let start = time.monotonic
                    do throws(StorageAPI.ProbeFailure) {
                        try await api.probe(driver)
                        return Finding(milliseconds: (time.monotonic - start).milliseconds)
                    } catch {
                        return Finding(failure: error, milliseconds: (time.monotonic - start).milliseconds)
                    }
                }
                return (driver, lookout)
            })
    }

    package func run() async throws {
        // Said one after the other, and beside the watching: a broker that takes nothing must not keep us from probing.
        let (events, said) = Mailbox<DriverEvent>.make()
        for driver in served { gauge(driver).set(1) }
        await withDiscardingTaskGroup { group in
            group.addTask {
                for await event in events {
                    do throws(Outbox.DeliveryLost) { try await notifications.announce(event) } catch { return }
                }
            }
            for driver in board.drivers {
                group.addTask { await outlastAll(driver, said) }
            }
            for driver in served {
                group.addTask { await patrol(driver) }
            }
        }
        try Task.checkCancellation()
    }

    /// Looks after a driver that nobody may be asking anything.
    private func patrol(_ driver: DriverName) async {
        while !Task.isCancelled {
            if board.downSince(driver) == nil {
                let finding = await look(at: driver)
                guard !Task.isCancelled else { return }
                // One that went down meanwhile, by this very look perhaps, is no longer ours to judge.
                if board.downSince(driver) == nil { _ = board.probed(driver, finding.failure?.error) }
            }
            do { try await time.sleep(Self.patrolInterval) } catch { return }
        }
    }

    private func outlastAll(_ driver: DriverName, _ said: Mailbox<DriverEvent>.Slot) async {
        guard let outages = board.outages(of: driver) else { return }
        for await outage in outages {
            await throttle.limit(driver, to: hasFallbacks(driver) ? 1 : 0)
            await outlast(outage, of: driver, said)
            guard !Task.isCancelled else { return }
            await throttle.limit(driver, to: nil)
        }
    }

    /// Returns when the driver answers again.
    private func outlast(
        _ outage: DriverBoard.Outage, of driver: DriverName, _ said: Mailbox<DriverEvent>.Slot
    ) async {
        let gauge = gauge(driver)
        gauge.set(0)
        logger.warning(
            "driver is down",
            [
                LogField("driver.name", driver), LogField("error.code", outage.error.code.rawValue),
                LogField("error", outage.error.message),
            ])
        // One that came back before, and then met calls with silence again, is not believed at once.
        var isOnProbation = board.wait(before: driver) > .zero
        var finding = await look(at: driver)
        guard !Task.isCancelled else { return }
        let met = finding.failure?.error ?? outage.error
        said.put(
            notifications.event(
                .down(
                    since: outage.since,
                    probe: .init(milliseconds: finding.milliseconds, error: met.report(driver: driver))),
                about: driver))
        while true {
            if !isOnProbation {
                let failure = finding.failure
                if board.probed(driver, failure?.error, opening: failure?.isOpening ?? false) { break }
            }
            isOnProbation = false
            logger.debug("driver does not answer a probe", [LogField("driver.name", driver)])
            do { try await time.sleep(board.wait(before: driver)) } catch { return }
            finding = await look(at: driver)
            guard !Task.isCancelled else { return }
        }
        gauge.set(1)
        logger.info("driver is up again", [LogField("driver.name", driver)])
        let error = finding.failure?.error.report(driver: driver)
        said.put(
            notifications.event(
                .up(since: time.now, probe: .init(milliseconds: finding.milliseconds, error: error)), about: driver))
    }

    private func look(at driver: DriverName) async -> Finding {
        if let finding = await lookouts[driver]?.answer() { return finding }
        let limit = Self.probeLimit.wholeMilliseconds
        let error = StorageError(
            .timedOut, .transient(after: nil), "the driver did not answer a probe in time",
            context: ["limitMilliseconds": String(limit)])
        return Finding(failure: .init(error: error, isOpening: false), milliseconds: limit)
    }

    private func gauge(_ driver: DriverName) -> Metric {
        let gauge = metrics.gauge("stowage_driver_up", [("driver", driver.text)])
        metrics.describe("stowage_driver_up", "Whether the driver answers (1) or is down (0).")
        return gauge
    }
}
