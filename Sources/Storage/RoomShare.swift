import Sharing

/// The room that one store has been promised, once it has been; given back once.
final class RoomShare: Sendable {
    private let room: RoomLedger
    private let promise = Guarded<RoomLedger.Promise?>(nil)

    init(_ room: RoomLedger) { self.room = room }

    /// `nil`: nobody asks how much there is.
    func take(_ promise: RoomLedger.Promise?) { self.promise.withLock { $0 = promise } }

    /// The store has ended and left `size` bytes in the store; `nil`: none.
    func end(stored size: Int64?) {
        if let promise = promise.withLock({ $0.take() }) { room.end(promise, stored: size) }
    }
}
