import Sharing
import StowageContract

/// The last capacity that a store told, for a short while: asking before every store would cost a call each.
final class RoomCache: Sendable {
    private struct Entry {
        var capacity: StoreCapacity
        var readAt: Int64
        /// What was promised since.
        var promised: Int64 = 0
    }

    private static let validMilliseconds: Int64 = 1000
    private let entry = Guarded<Entry?>(nil)

    /// Promises `bytes` of the room where `isEnough` has nothing against it; `false`: what is known is too old.
    ///
    /// `isEnough` gets the capacity less what was promised since it was read. Asking and promising are one step, so that
    /// two who come together do not count on the same room.
    func admit(
        _ bytes: Int64, at milliseconds: Int64, _ isEnough: (StoreCapacity) throws(StorageError) -> Void
    ) throws(StorageError) -> Bool {
        try entry.withLock { entry throws(StorageError) in
            guard let known = entry, (0..<Self.validMilliseconds).contains(milliseconds - known.readAt) else {
                return false
            }
            var capacity = known.capacity
            if let free = capacity.freeBytes { capacity.freeBytes = free - known.promised }
            try isEnough(capacity)
            if capacity.freeBytes != nil { entry?.promised += bytes }
            return true
        }
    }

    func remember(_ capacity: StoreCapacity, at milliseconds: Int64) {
        entry.withLock { $0 = Entry(capacity: capacity, readAt: milliseconds) }
    }

    /// Counts an archive whose size nobody knew before.
    func promise(_ bytes: Int64) {
        entry.withLock { $0?.promised += bytes }
    }
}
