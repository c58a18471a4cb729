import ServiceRuntime

/// The folders whose files tasks may name as source or destination.
package struct SpoolConfiguration: Sendable {
    /// Absolute paths without a slash at the end.
    package var roots = ["/var/spool/stowage"]

    init(_ section: ConfigurationSection) {
        roots = section.list("roots") { ConfigurationSection.absolutePath($0) } ?? roots
        section.finish()
    }
}
