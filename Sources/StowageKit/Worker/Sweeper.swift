import Observability
import ServiceRuntime
import Storage
import StowageContract

/// Removes what killed writers left behind, at the start and every hour.
struct Sweeper: Service {
    private static let interval: Duration = .seconds(3600)

    let api: StorageAPI
    let drivers: [DriverName]
    let age: Duration
    let time: TimeSource
    let logger: Logger

    func run() async throws {
        while true {
            for driver in drivers { await sweep(driver) }
            try await time.sleep(Self.interval)
        }
    }

    private func sweep(_ driver: DriverName) async {
        do throws(StorageError) {
            let count = try await api.storage(driver).sweep(olderThan: age)
            if count > 0 {
                logger.info("leftovers removed", [LogField("driver.name", driver), LogField("count", count)])
            }
        } catch {
            logger.warning(
                "cannot sweep",
                [
                    LogField("driver.name", driver), LogField("error.code", error.code.rawValue),
                    LogField("error", error.message),
                ])
        }
    }
}
