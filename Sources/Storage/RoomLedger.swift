import Sharing
import StowageContract

/// Whom the room of a store is promised to, over the last capacity that it told.
///
/// The capacity is believed for a short while, because asking before every store would cost a call each; a promise
/// stands until its store has ended. What a running store has brought already is in the store's own figures, and only
/// the rest is still owed to it.
final class RoomLedger: Sendable {
    /// The room of one running store; to be given back to `end`.
    struct Promise: Sendable {
        fileprivate var number: Int
    }

    /// What had happened when a capacity was asked for.
    struct Reading: Sendable {
        fileprivate var brought: [Int: Int64]
        fileprivate var stored: Int64
    }

    private struct Running {
        var bytes: Int64
        /// How many of them had come when the capacity was asked for.
        var broughtThen: Int64 = 0
        /// How many of them have come.
        var brought: @Sendable () -> Int64

        var owed: Int64 { max(0, bytes - broughtThen) }
    }

    private struct State {
        var known: StoreCapacity?
        var knownAt: Int64 = 0
        /// `stored` at the time of `known`.
        var storedThen: Int64 = 0
        /// What ended stores have left in the room, as far as `known` did not show it yet; only grows.
        var stored: Int64 = 0
        var running: [Int: Running] = [:]
        var lastNumber = 0

        /// The capacity less what was stored since, and what is still promised.
        var rest: StoreCapacity? {
            guard var rest = known else { return nil }
            if let free = rest.freeBytes {
                rest.freeBytes = running.values.reduce(free - (stored - storedThen)) { left, store in
                    // A store that did not tell its room takes promises of any size.
                    let (less, isBelowAll) = left.subtractingReportingOverflow(store.owed)
                    return isBelowAll ? .min : less
                }
            }
            return rest
        }
    }

    private static let validMilliseconds: Int64 = 1000
    private let state = Guarded(State())

    /// Promises `bytes` of the room where `isEnough` has nothing against it; `nil`: what is known is too old.
    ///
    /// `isEnough` gets the capacity less what is promised. Asking and promising are one step, so that two who come
    /// together do not count on the same room. `brought` says how many of the bytes have come.
    func admit(
        _ bytes: Int64, at milliseconds: Int64, brought: @escaping @Sendable () -> Int64,
        _ isEnough: (StoreCapacity) throws(StorageError) -> Void
    ) throws(StorageError) -> Promise? {
        try state.withLock { state throws(StorageError) in
            guard let rest = state.rest, (0..<Self.validMilliseconds).contains(milliseconds - state.knownAt) else {
                return nil
            }
            try isEnough(rest)
            state.lastNumber += 1
            state.running[state.lastNumber] = Running(bytes: bytes, brought: brought)
            return Promise(number: state.lastNumber)
        }
    }

    /// To be called before the store is asked for its capacity.
    func startReading() -> Reading {
        state.withLock { state in
            Reading(brought: state.running.mapValues { $0.brought() }, stored: state.stored)
        }
    }

    /// Takes what the store told.
    func remember(_ capacity: StoreCapacity, _ reading: Reading, at milliseconds: Int64) {
        state.withLock { state in
            state.known = capacity
            state.knownAt = milliseconds
            state.storedThen = reading.stored
            for (number, brought) in reading.brought { state.running[number]?.broughtThen = brought }
        }
    }

    /// A store has ended and left `size` bytes; `nil`: nothing, because it failed.
    func end(_ promise: Promise, stored size: Int64?) {
        state.withLock { state in
            guard let running = state.running.removeValue(forKey: promise.number), let size else { return }
            state.stored += max(0, size - running.broughtThen)
        }
    }
}
