package import StowageContract

/// The names of the exchanges and queues under one prefix.
package struct TopologyNames: Sendable, Equatable {
    /// `broker.prefix` of the configuration.
    package var prefix: String

    package init(prefix: String) {
        self.prefix = prefix
    }

    package var tasks: String { "\(prefix).tasks" }
    package var events: String { "\(prefix).events" }
    package var replies: String { "\(prefix).replies" }
    package var deadLetters: String { "\(prefix).dlx" }
    package var undertaker: String { "\(prefix).undertaker" }
    package var dead: String { "\(prefix).dead" }
    package var control: String { "\(prefix).control" }

    package func retry(_ level: RetryLevel) -> String { "\(prefix).retry.\(level.name)" }
    package func slowQueue(_ driver: DriverName) -> String { "\(prefix).tasks.\(driver)" }
    package func quickQueue(_ driver: DriverName) -> String { "\(prefix).tasks.\(driver)-quick" }

    /// What a CloudEvent's `source` says.
    package var eventSource: String { "/stowage/\(prefix)" }
}
