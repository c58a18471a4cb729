import Sharing
import StowageContract

/// Lets several stores pull one source that is read once.
///
/// One leads and reads; the others follow by at most one chunk, and the leader waits for them, so that nothing is kept
/// in memory but a chunk or two. The end of the bytes reaches a follower only after the leader's store has succeeded:
/// what follows is committed after what leads, or not at all. A follower that fails, or that holds the leader up for
/// too long, is left behind and holds nobody up.
package final class FanOut: Sendable {
    /// How far a follower is.
    private enum Progress {
        /// Its store has not asked for bytes yet.
        case unopened
        /// Has taken everything that was read.
        case ready
        /// Has yet to take this chunk.
        case full([UInt8])
        /// Nobody waits for it any more.
        case over
        /// Left behind by the others.
        case abandoned
    }

    /// How far the leader is.
    private enum Lead {
        case unopened, reading, atEnd, succeeded, failed
        /// Has begun anew, which nobody can follow.
        case restarted
    }

    private struct Follower {
        var progress = Progress.unopened
        /// Steps that it has made, for the watch.
        var steps = 0
        var stepsSeen = -1

        var isUnopened: Bool { if case .unopened = progress { true } else { false } }

        /// Whether the leader waits for it.
        var holdsUp: Bool {
            switch progress {
            case .unopened, .full: true
            case .ready, .over, .abandoned: false
            }
        }
    }

    private struct State {
        var lead = Lead.unopened
        /// Whether the leader stands still for want of a follower.
        var isHeldUp = false
        var followers: [Follower]
        /// Of the source, where it is known beforehand.
        var size: Int64?
        var waiters: [Handover<Void>] = []
    }

    private let source: any ArchiveSource
    private let state: Guarded<State>

    /// A source for one leader and that many followers.
    package init(_ source: any ArchiveSource, followers: Int) {
        self.source = source
        state = Guarded(State(followers: Array(repeating: Follower(), count: followers)))
    }

    /// What the leading store reads from.
    package var leader: any ArchiveSource { FanOutLeader(fan: self) }

    /// What a following store reads from; opened once.
    package func follower(_ index: Int) -> any ArchiveSource { FanOutFollower(fan: self, index: index) }

    /// The leader's store is over; those who follow now learn their end.
    package func leaderEnded(successfully: Bool) {
        change { state in
            if state.lead != .atEnd, successfully {
                // Stands although its bytes were not read here: there is nothing to follow.
                state.lead = .restarted
            } else {
                state.lead = successfully ? .succeeded : .failed
            }
        }
    }

    /// A follower's store is over.
    package func followerEnded(_ index: Int) {
        change { $0.followers[index].progress = .over }
    }

    /// Returns when the store of that follower may begin: those in front of it have opened the source, or are over.
    ///
    /// Each store waits for a place at its driver before it opens. Waiting for them one after the other, in one order
    /// for all tasks, no two tasks wait for each other.
    package func turn(of index: Int) async throws(StorageError) {
        try await wait { state -> Void? in
            let hasLeader = state.lead != .unopened
            return hasLeader && state.followers[..<index].allSatisfy({ !$0.isUnopened }) ? () : nil
        }
    }

    /// Returns when the follower was left behind, or is over.
    package func abandoned(_ index: Int) async throws(StorageError) {
        try await wait { state -> Void? in
            switch state.followers[index].progress {
            case .over, .abandoned: ()
            case .unopened, .ready, .full: nil
            }
        }
    }

    /// Leaves behind who has made no step since the last call although the leader waits.
    package func abandonStalled() {
        change { state in
            for index in state.followers.indices {
                let follower = state.followers[index]
                if state.isHeldUp, follower.holdsUp, follower.stepsSeen == follower.steps {
                    state.followers[index].progress = .abandoned
                }
                state.followers[index].stepsSeen = state.isHeldUp ? follower.steps : -1
            }
        }
    }
}

extension FanOut {
    /// Opens the source for the leader; a second time nobody can follow.
    func openAsLeader() async throws(StorageError) -> any ArchiveBody {
        let body = try await source.open()
        let isFirst = change { state in
            let isFirst = state.lead == .unopened
            state.lead = isFirst ? .reading : .restarted
            state.size = body.size
            return isFirst
        }
        return isFirst ? FanOutLeadingBody(fan: self, body: body) : body
    }

    func openAsFollower(_ index: Int) throws(StorageError) -> any ArchiveBody {
        let (isFirst, size) = change { state in
            guard state.followers[index].isUnopened else { return (false, state.size) }
            state.followers[index].progress = .ready
            return (true, state.size)
        }
        guard isFirst else { throw StorageError.notFollowed }
        return FanOutFollowingBody(fan: self, index: index, size: size)
    }

    /// The leader's next chunk, read when all who follow have taken the last one.
    func lead(_ body: any ArchiveBody) async throws(StorageError) -> [UInt8]? {
        try await wait { state -> Void? in
            state.isHeldUp = state.followers.contains(where: \.holdsUp)
            return state.isHeldUp ? nil : ()
        }
        let chunk = try await body.next()
        change { state in
            guard let chunk else { return state.lead = .atEnd }
            for index in state.followers.indices {
                if case .ready = state.followers[index].progress { state.followers[index].progress = .full(chunk) }
            }
        }
        return chunk
    }

    /// The follower's next chunk; `nil` once the leader's store stands.
    func follow(_ index: Int) async throws(StorageError) -> [UInt8]? {
        let step = try await wait { state -> Result<[UInt8]?, StorageError>? in
            if case .full(let chunk) = state.followers[index].progress {
                state.followers[index].progress = .ready
                state.followers[index].steps += 1
                return .success(chunk)
            }
            if case .abandoned = state.followers[index].progress { return .failure(.leftBehind) }
            switch state.lead {
            case .unopened, .reading, .atEnd: return nil
            case .succeeded: return .success(nil)
            case .failed: return .failure(.cancelled)
            case .restarted: return .failure(.notFollowed)
            }
        }
        // Whoever waits for this follower looks again.
        change { _ in }
        return try step.get()
    }

    /// Changes the state and lets everybody look at it again.
    @discardableResult
    private func change<Value: Sendable>(_ body: (inout State) -> Value) -> Value {
        let (value, waiters) = state.withLock { state -> (Value, [Handover<Void>]) in
            let value = body(&state)
            defer { state.waiters = [] }
            return (value, state.waiters)
        }
        for waiter in waiters { waiter.resume() }
        return value
    }

    /// What `look` finds, as soon as it finds something.
    ///
    /// - Throws: `.cancelled` when the task is cancelled.
    private func wait<Value: Sendable>(
        _ look: (inout State) -> Value?
    ) async throws(StorageError) -> Value {
        while true {
            try StorageError.checkCancellation()
            var found: Value?
            await withTaskCancellationHandler {
                await handedOver { waiter in
                    let goesOn = state.withLock { state in
                        found = look(&state)
                        // A cancellation behind this point finds the waiter; one before it has set the flag.
                        if found != nil || Task.isCancelled { return true }
                        state.waiters.append(waiter)
                        return false
                    }
                    if goesOn { waiter.resume() }
                }
            } onCancel: {
                change { _ in }
            }
            if let found { return found }
        }
    }
}

extension StorageError {
    /// The leader has not read the bytes, or began anew.
    fileprivate static var notFollowed: StorageError {
        StorageError(
            .unavailable, .transient(after: nil), "the source was not read along with the first copy", at: .source)
    }

    /// The copy held up the others.
    fileprivate static var leftBehind: StorageError {
        StorageError(.timedOut, .transient(after: nil), "the copy held up the others and was left behind")
    }
}
