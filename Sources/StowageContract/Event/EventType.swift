/// The kinds of events; the raw value is the CloudEvents `type`.
public enum EventType: String, Sendable, CaseIterable {
    case succeeded = "stowage.task.succeeded"
    case failed = "stowage.task.failed"
    case cancelled = "stowage.task.cancelled"
    case retrying = "stowage.task.retrying"
    case failedOver = "stowage.task.failedover"
    case progress = "stowage.task.progress"
    case sourceKept = "stowage.task.source-kept"
    case driverDown = "stowage.driver.down"
    case driverUp = "stowage.driver.up"
    case driverSpaceLow = "stowage.driver.space-low"

    /// The last part, as it stands in ids and routing keys: `succeeded`, `source-kept`, `down`.
    public var outcome: String {
        switch self {
        case .succeeded: "succeeded"
        case .failed: "failed"
        case .cancelled: "cancelled"
        case .retrying: "retrying"
        case .failedOver: "failedover"
        case .progress: "progress"
        case .sourceKept: "source-kept"
        case .driverDown: "down"
        case .driverUp: "up"
        case .driverSpaceLow: "space-low"
        }
    }

    /// Whether nothing more comes of the task (but a `succeeded` that supersedes).
    public var isFinal: Bool {
        switch self {
        case .succeeded, .failed, .cancelled: true
        default: false
        }
    }
}
