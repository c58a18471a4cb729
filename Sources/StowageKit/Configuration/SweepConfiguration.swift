import ServiceRuntime

/// When what a killed worker left half-written is removed.
package struct SweepConfiguration: Sendable {
    /// Younger leftovers stay: their write may still be running.
    package var after: Duration = .seconds(604_800)

    init(_ section: ConfigurationSection) {
        after = section.seconds("afterSeconds", in: 1...31_536_000) ?? after
        section.finish()
    }
}
