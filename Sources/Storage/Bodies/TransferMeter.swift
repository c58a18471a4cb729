import Sharing
package import StowageContract

/// How far one task has come, and for whom it waits: written by what moves bytes, read by whoever watches.
///
/// Knows no time: a watcher that looks twice sees whether anything moved in between.
package final class TransferMeter: Sendable {
    /// What the meter showed at one moment.
    package struct Reading: Sendable, Equatable {
        /// Bytes of the transfer so far; bytes that are only read back do not count.
        package var bytesDone: Int64 = 0
        /// How many there will be; `nil`: nobody knows.
        package var bytesTotal: Int64?
        /// Grows with every movement, of whatever bytes.
        package var movements: UInt64 = 0
        /// Whose turn it is.
        package var awaited = ErrorPlace.driver

        package init() {}
    }

    private let state = Guarded(Reading())

    package init() {}

    package var reading: Reading { state.withLock(\.self) }

    /// A transfer begins, or begins anew, behind its first `done` bytes.
    package func begin(total: Int64?, done: Int64 = 0) {
        state.withLock { state in
            state.bytesDone = done
            state.bytesTotal = total
            state.movements &+= 1
        }
    }

    /// Bytes of the transfer arrived, and now it is `place` that has to do something.
    package func moved(_ bytes: Int, then place: ErrorPlace) {
        state.withLock { state in
            state.bytesDone += Int64(bytes)
            state.movements &+= 1
            state.awaited = place
        }
    }

    /// Something moved that is not the transfer itself: bytes that are read back, a step of a check.
    package func worked() {
        state.withLock { $0.movements &+= 1 }
    }

    /// From now on it is `place` that has to do something.
    package func awaits(_ place: ErrorPlace) {
        state.withLock { $0.awaited = place }
    }
}
