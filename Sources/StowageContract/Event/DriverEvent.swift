/// An event about a driver; written as a CloudEvent.
public struct DriverEvent: Sendable, Equatable {
    /// What a look at the store found.
    public struct Probe: Sendable, Equatable {
        /// How long it took.
        public var milliseconds: Int64
        /// What went wrong; `nil`: nothing.
        public var error: ErrorReport?

        /// A finding from its parts.
        public init(milliseconds: Int64, error: ErrorReport? = nil) {
            self.milliseconds = milliseconds
            self.error = error
        }
    }

    /// What happened, with what belongs to it.
    public enum Happening: Sendable, Equatable {
        case down(since: Timestamp, probe: Probe)
        case up(since: Timestamp, probe: Probe)
        case spaceLow(capacity: StoreCapacity, minimumFreeBytes: Int64)
    }

    /// See `EventID.driver`.
    public var id: String
    /// `/stowage/<prefix>`.
    public var source: String
    /// When it happened.
    public var time: Timestamp
    /// Which driver.
    public var driver: DriverName
    /// The worker that speaks.
    public var worker: String
    /// What happened.
    public var happening: Happening

    /// An event from its parts; its id follows from them.
    public init(source: String, time: Timestamp, driver: DriverName, worker: String, happening: Happening) {
        self.source = source
        self.time = time
        self.driver = driver
        self.worker = worker
        self.happening = happening
        self.id = EventID.driver(driver, Self.type(of: happening), at: time, worker: worker)
    }

    /// What kind of event it is.
    public var type: EventType { Self.type(of: happening) }

    /// The routing key under which the event is published.
    public var routingKey: String { EventRoutingKey.driver(type, driver: driver) }

    private static func type(of happening: Happening) -> EventType {
        switch happening {
        case .down: .driverDown
        case .up: .driverUp
        case .spaceLow: .driverSpaceLow
        }
    }
}
