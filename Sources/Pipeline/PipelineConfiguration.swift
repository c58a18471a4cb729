package import StowageContract

/// What the pipeline needs to know of the configuration.
package struct PipelineConfiguration: Sendable {
    package var names: TopologyNames
    /// This worker's name in events: unique among all that run.
    package var worker: String
    /// Users besides our own whose worker headers are believed.
    package var trustedUsers: [String]
    /// The largest inline source or destination, in bytes.
    package var inlineBytes: Int
    package var retry: RetryPolicy
    /// Drivers whose tasks this worker runs.
    package var drivers: [DriverName]
    /// How long the broker lets a delivery go without an acknowledgement.
    package var acknowledgementTimeout: Duration
    /// Archives that have fewer bytes are retrieved anew instead of leaving a partial file.
    package var leastResumableBytes: Int64

    package init(
        names: TopologyNames, worker: String, trustedUsers: [String] = [], inlineBytes: Int = 262_144,
        retry: RetryPolicy, drivers: [DriverName], acknowledgementTimeout: Duration = .seconds(1800),
        leastResumableBytes: Int64 = 64 << 20
    ) {
        self.names = names
        self.worker = worker
        self.trustedUsers = trustedUsers
        self.inlineBytes = inlineBytes
        self.retry = retry
        self.drivers = drivers
        self.acknowledgementTimeout = acknowledgementTimeout
        self.leastResumableBytes = leastResumableBytes
    }
}
