/// What became of a dead letter in a walk through the queue.
package enum DeadLetterFate: Sendable, Equatable {
    /// Stays parked.
    case kept
    /// Published again, under that routing key, and taken from the queue.
    case replayed(to: String)
    /// Published again, but the connection was lost before it could be taken from the queue: it is parked still.
    case replayedAndParked
    /// Parked with its changes.
    case edited
    /// Parked with its changes, and without them as well: the connection was lost in between.
    case editedTwice
    /// Gone for good.
    case dropped
    /// Should have left the queue or changed, and stays parked for this reason.
    case failed(String)
}

/// What shall become of a dead letter.
package enum DeadLetterVerdict: Sendable {
    case keep, replay, drop
    /// Parked again with another task, or sent again with it.
    case edit(EditedTask, isReplayed: Bool)
    /// Nothing: it cannot be done, for this reason.
    case refuse(String)
}

/// How many letters met which fate.
package struct DeadLetterTally: Sendable, Equatable {
    /// Letters that the filter matched.
    package var matched = 0
    package var kept = 0
    package var replayed = 0
    package var edited = 0
    package var dropped = 0
    package var failed = 0

    package init() {}

    mutating func count(_ fate: DeadLetterFate) {
        switch fate {
        case .kept: kept += 1
        case .replayed: replayed += 1
        case .edited: edited += 1
        case .dropped: dropped += 1
        case .replayedAndParked, .editedTwice, .failed: failed += 1
        }
    }
}
