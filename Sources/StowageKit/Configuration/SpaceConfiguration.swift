import ServiceRuntime

/// How often the free space of the drivers is looked at.
package struct SpaceConfiguration: Sendable {
    package var every: Duration = .seconds(300)

    init(_ section: ConfigurationSection) {
        every = section.seconds("everySeconds", in: 1...86_400) ?? every
        section.finish()
    }
}
