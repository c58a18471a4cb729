public import StowageContract

/// The keys that every driver takes, whatever its type.
public struct DriverSettings: Sendable, Equatable {
    /// How many tasks of the driver run at once.
    public var concurrency = 32
    /// How many connections it may hold open; `nil`: as many as `concurrency`.
    public var connections: Int?
    /// How written bytes are proved.
    public var verify = VerificationPolicy.server
    /// The alternatives of a `store`, in order.
    public var fallbacks: [DriverName] = []
    /// The other drivers that a task may name; `nil`: the fallbacks.
    public var peers: [DriverName]?
    /// A store that would leave less is refused.
    public var minimumFreeBytes: Int64?
    /// A store that would leave less, in percent of the whole, is refused.
    public var minimumFreePercent: Double?
    /// Whether it takes no writes.
    public var readOnly = false
    /// Put before every key, at most 120 bytes; empty: nothing.
    public var prefix = ""

    /// The defaults.
    public init() {}

    /// Whether a task of this driver may name `other`.
    package func allows(_ other: DriverName) -> Bool {
        (peers ?? fallbacks).contains(other)
    }
}
