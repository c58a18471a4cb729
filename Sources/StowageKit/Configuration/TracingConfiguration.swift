import ServiceRuntime

/// Where traces go.
package struct TracingConfiguration: Sendable {
    /// An OTLP endpoint (`http://` or `https://`); `nil`: nowhere.
    package var endpoint: String?

    init(_ section: ConfigurationSection) {
        endpoint = section.string("endpoint")
        if let endpoint, !["http://", "https://"].contains(where: { endpoint.utf8.starts(with: $0.utf8) }) {
            section.refuse("endpoint", "must begin with http:// or https://")
        }
        section.finish()
    }
}
