import ServiceRuntime

/// What is told while a task runs.
package struct EventsConfiguration: Sendable {
    /// Between two progress events of a task that asked for them.
    package var progressInterval: Duration = .seconds(10)

    init(_ section: ConfigurationSection) {
        progressInterval = section.seconds("progressSeconds", in: 1...3600) ?? progressInterval
        section.finish()
    }
}
