/// What became of a dead letter in a walk through the queue.
package enum DeadLetterFate: Sendable, Equatable {
    /// Stays parked.
    case kept
    /// Published again and taken from the queue.
    case replayed
    /// Published again, but the connection was lost before it could be taken from the queue: it is parked still.
    case replayedAndParked
    /// Gone for good.
    case dropped
    /// Should have been replayed or dropped, and stays parked for this reason.
    case failed(String)
}

/// What shall become of a dead letter.
package enum DeadLetterVerdict: Sendable {
    case keep, replay, drop
}

/// How many letters met which fate.
package struct DeadLetterTally: Sendable, Equatable {
    /// Letters that the filter matched.
    package var matched = 0
    package var kept = 0
    package var replayed = 0
    package var dropped = 0
    package var failed = 0

    package init() {}

    mutating func count(_ fate: DeadLetterFate) {
        switch fate {
        case .kept: kept += 1
        case .replayed: replayed += 1
        case .dropped: dropped += 1
        case .replayedAndParked, .failed: failed += 1
        }
    }
}
