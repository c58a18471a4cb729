import ServiceRuntime
package import StowageContract
import StrictCoding

/// What one worker process does at once, and for whom.
package struct WorkerConfiguration: Sendable {
    package enum Drivers: Sendable, Equatable {
        case all
        case named([DriverName])
    }

    /// Tasks that run at once over all drivers.
    package var concurrency = 32
    /// How long running tasks may go on after a request to stop.
    package var gracePeriod: Duration = .seconds(30)
    /// The drivers that it serves.
    package var drivers = Drivers.all

    init(_ section: ConfigurationSection) {
        concurrency = section.integer("concurrency", in: 1...1024).map { Int($0) } ?? concurrency
        gracePeriod = section.seconds("gracePeriodSeconds", in: 0...86_400) ?? gracePeriod
        let isAll = section.value("drivers")?.array.map { $0 == ["all"] } ?? true
        if !isAll, let names = section.driverNames("drivers") {
            drivers = .named(names)
            if section.object["drivers"]?.array?.isEmpty == true {
                section.refuse("drivers", "must not be empty: [all], or names of drivers")
            }
        } else if section.object["drivers"]?.array == nil {
            _ = section.driverNames("drivers")
        }
        section.finish()
    }
}
