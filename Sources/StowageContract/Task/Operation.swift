/// What a task asks a driver to do.
public enum Operation: String, Sendable, CaseIterable {
    case store, retrieve, delete, stat, list, verify, copy, presign, retain, check, capacity

    /// Whether the operation moves no archive bytes and so runs in the driver's quick queue.
    public var isQuick: Bool {
        switch self {
        case .stat, .delete, .list, .presign, .retain, .capacity: true
        case .store, .retrieve, .copy, .verify, .check: false
        }
    }
}
