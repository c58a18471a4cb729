package import ServiceRuntime
package import Storage
package import StrictCoding
import StowageContract

/// The whole configuration of a process, checked; every key with its meaning stands in `docs/configuration.md`.
package struct StowageConfiguration: Sendable {
    package var broker: BrokerConfiguration
    package var worker: WorkerConfiguration
    package var spool: SpoolConfiguration
    package var limits: LimitsConfiguration
    package var retry: RetryConfiguration
    package var sources: SourcesConfiguration
    package var events: EventsConfiguration
    package var sweep: SweepConfiguration
    package var space: SpaceConfiguration
    package var http: HTTPConfiguration
    package var tracing: TracingConfiguration
    package var log: LogConfiguration
    /// In the order of the file, names unique.
    package var drivers: [DriverDefinition]

    /// The drivers that this worker serves, in the order of the file.
    package var servedDrivers: [DriverDefinition] {
        switch worker.drivers {
        case .all: drivers
        case .named(let names): drivers.filter { names.contains($0.name) }
        }
    }

    /// Reads and checks a document whose substitutions have been made.
    ///
    /// - Parameters:
    ///   - document: the file.
    ///   - problems: what could not be substituted.
    ///   - validate: what is wrong with a driver's own keys (`StorageDriverFactory.validate`).
    /// - Throws: everything that is wrong.
    package init(
        _ document: ConfigurationDocument, alreadyFound problems: [MemberProblem] = [],
        validate: (DriverDefinition) -> [MemberProblem] = { _ in [] }
    ) throws(ConfigurationError) {
        let root = ConfigurationSection(document)
        self.init(reading: root)
        for driver in drivers {
            for problem in validate(driver) { root.note(problem) }
        }
        // A value that could not be put in is absent now: what it lacks is no further problem.
        let known = Set(problems.map(\.path))
        let all = problems + root.findings.problems.filter { !known.contains($0.path) }
        guard all.isEmpty else { throw document.error(all) }
    }

    /// Reads all sections; what is wrong is noted, and a default stands in for it.
    init(reading root: ConfigurationSection) {
        broker = BrokerConfiguration(root.section("broker"))
        worker = WorkerConfiguration(root.section("worker"))
        spool = SpoolConfiguration(root.section("spool"))
        limits = LimitsConfiguration(root.section("limits"))
        retry = RetryConfiguration(root.section("retry"))
        sources = SourcesConfiguration(root.section("sources"))
        events = EventsConfiguration(root.section("events"))
        sweep = SweepConfiguration(root.section("sweep"))
        space = SpaceConfiguration(root.section("space"))
        http = HTTPConfiguration(root.section("http"))
        tracing = TracingConfiguration(root.section("tracing"))
        log = LogConfiguration(root.section("log"))
        drivers = DriverDefinition.all(root.section("drivers"))
        switch root.value("drivers") {
        case nil: root.refuse("drivers", "is missing: configure at least one driver")
        case .object(let entries)? where entries.members.isEmpty:
            root.refuse("drivers", "must not be empty: configure at least one driver")
        default: break
        }
        checkDriverNames(root)
        root.finish()
    }

    /// Notes names of drivers that are not configured.
    private func checkDriverNames(_ root: ConfigurationSection) {
        // Names that are wrong themselves are known too: one mistake, one problem.
        let known = root.section("drivers").names
        func check(_ name: DriverName, at path: String) {
            guard !known.contains(where: { $0.hasSameBytes(as: name.text) }) else { return }
            let hint = NearestName.of(name.text, among: known).map { "; did you mean \($0)?" } ?? ""
            root.note(MemberProblem(path: path, message: "names the driver \(name), which is not configured\(hint)"))
        }
        for driver in drivers {
            let path = "drivers.\(driver.name)"
            for (index, name) in driver.settings.fallbacks.enumerated() {
                check(name, at: "\(path).fallbacks[\(index)]")
            }
            for (index, name) in (driver.settings.peers ?? []).enumerated() {
                check(name, at: "\(path).peers[\(index)]")
            }
        }
        if case .named(let names) = worker.drivers {
            for (index, name) in names.enumerated() { check(name, at: "worker.drivers[\(index)]") }
        }
    }
}
