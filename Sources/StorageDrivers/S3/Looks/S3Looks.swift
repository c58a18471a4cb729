import ServiceRuntime
import Sharing
import Storage
import StowageContract
import StrictCoding

/// Looks into tasks' folders, into several of them with one listing where they lie close together.
///
/// A listing costs a store about as much as a small archive does. While some are under way, whoever wants another one
/// waits, and the first to get a turn asks for all. Every listing begins after those whom it answers have asked, so that
/// nobody is told of a time before. Where ids are random, folders lie far apart, and each is looked into by itself.
///
/// Writes are short and looked after, so whoever may list while more archives are on their way than wait gives them a
/// moment: the store has enough to do meanwhile, and one listing then does for more.
final class S3Looks: Sendable {
    enum Turn: Sendable {
        /// Somebody else has looked.
        case answered([S3Entry])
        /// To look for whoever waits as well.
        case lead
        case alone
        case cancelled
    }

    /// How often somebody waits for the same before he looks by himself.
    private static let mostTurns = 2
    /// After so many looks, each by itself, it is tried again whether one would do for several.
    private static let looksBetweenTrials = 64

    /// The first page of what lies in one folder.
    private let listFolder: @Sendable (String) async throws(StorageError) -> S3Page
    private let listStretch: @Sendable (S3Stretch) async throws(StorageError) -> S3Page
    private let patience: Duration
    private let time: TimeSource
    private let state = Guarded(S3LookQueue())
    private let changes = ChangeSignal()

    /// `patience`: how long a listing waits for company at most.
    init(
        patience: Duration = .milliseconds(100), time: TimeSource = .system,
        folder: @escaping @Sendable (String) async throws(StorageError) -> S3Page,
        stretch: @escaping @Sendable (S3Stretch) async throws(StorageError) -> S3Page
    ) {
        self.patience = patience
        self.time = time
        self.listFolder = folder
        self.listStretch = stretch
    }

    convenience init(_ bucket: S3Bucket, isVersioned: Bool) {
        self.init { (folder) async throws(StorageError) in
            isVersioned
                ? try await bucket.versions(folder, delimiter: "/") : try await bucket.objects(folder, delimiter: "/")
        } stretch: { (stretch) async throws(StorageError) in
            isVersioned
                ? try await bucket.versions(stretch.prefix, from: (stretch.start, nil), limit: stretch.limit)
                : try await bucket.objects(stretch.prefix, after: stretch.start, limit: stretch.limit)
        }
    }

    /// Whether a look now would be shared: where it would not, whoever wants one object only asks for that.
    var areShared: Bool { state.withLock { $0.isShared } }

    /// How many wait for somebody else's listing.
    var waiting: Int { state.withLock { $0.waiting.count } }

    /// How many look, or are about to.
    var present: Int { state.withLock { $0.present } }

    /// Looks, writes and looks again, while others count on each of the looks.
    func among<Value>(_ body: () async throws(StorageError) -> Value) async throws(StorageError) -> Value {
        state.withLock { $0.present += 1 }
        defer { change { $0.present -= 1 } }
        return try await body()
    }

    /// Sends an archive that was looked for.
    func during<Value>(_ write: () async throws(StorageError) -> Value) async throws(StorageError) -> Value {
        state.withLock { $0.writes += 1 }
        defer { state.withLock { $0.writes -= 1 } }
        return try await write()
    }

    /// What lies right in a folder (with its slash), of a thousand objects at most, and perhaps what lies below.
    ///
    /// `isWhole`: there are no more.
    func entries(of folder: String) async throws(StorageError) -> (entries: [S3Entry], isWhole: Bool) {
        switch await turn(folder) {
        case .answered(let entries): return (entries, true)
        case .cancelled: throw .cancelled
        case .alone: return try await list(folder)
        case .lead: return try await lead(folder)
        }
    }

    private func list(_ folder: String) async throws(StorageError) -> (entries: [S3Entry], isWhole: Bool) {
        let page = try await listFolder(folder)
        return (page.entries, page.next == nil)
    }

    private func turn(_ folder: String) async -> Turn {
        let ticket = state.withLock { state in
            state.lastTicket += 1
            return state.lastTicket
        }
        return await withTaskCancellationHandler {
            await handedOver { handover in
                let turn: Turn? = change { state in
                    if !state.isCrowded {
                        state.alone += 1
                        if state.alone < Self.looksBetweenTrials { return .alone }
                        state.alone = 0
                        state.isCrowded = true
                    }
                    if state.mayList(beside: state.listings, waiting: state.free.count + 1) {
                        state.listings += 1
                        return .lead
                    }
                    // A cancellation before this point has set the flag; one after it finds the waiter.
                    if Task.isCancelled { return .cancelled }
                    state.waiting[ticket] = S3LookQueue.Waiter(folder: folder, handover: handover)
                    return nil
                }
                if let turn { handover.resume(returning: turn) }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: ticket) }?.handover.resume(returning: .cancelled)
        }
    }

    /// Changes something that a gathering may have waited for.
    private func change<Value>(_ body: (inout S3LookQueue) -> Value) -> Value {
        let (value, isGathered) = state.withLock { state in
            let value = body(&state)
            return (value, state.isGathering && state.isEnough)
        }
        if isGathered { changes.send() }
        return value
    }

    /// Waits for company, where it is about to come.
    private func gather() async {
        let patience: Duration? = state.withLock { state in
            guard !state.isGathering, !state.isEnough else { return nil }
            state.isGathering = true
            return state.patience(atMost: self.patience)
        }
        guard let patience else { return }
        await either { [self] in
            await changes.wait { self.state.withLock { $0.isEnough } }
        } _: { [time] in
            try? await time.sleep(patience)
        }
        state.withLock { $0.isGathering = false }
    }

    /// Looks for whoever waits too, as far as one listing goes.
    private func lead(_ folder: String) async throws(StorageError) -> (entries: [S3Entry], isWhole: Bool) {
        await gather()
        let parent = Self.parent(of: folder)
        let followers = state.withLock { state in
            var followers: [(ticket: UInt64, folder: String)] = []
            for (ticket, waiter) in state.waiting
            where !waiter.isTaken && Self.parent(of: waiter.folder).hasSameBytes(as: parent) {
                state.waiting[ticket]?.isTaken = true
                state.waiting[ticket]?.turns += 1
                followers.append((ticket, waiter.folder))
            }
            return followers
        }
        let mine: (entries: [S3Entry], isWhole: Bool)?
        do throws(StorageError) {
            if followers.isEmpty {
                mine = try await list(folder)
            } else {
                let start = time.monotonic
                let page = try await listStretch(S3Stretch([folder] + followers.map(\.folder)))
                state.withLock { $0.lastListing = time.monotonic - start }
                mine = answer(followers, from: page, besides: folder).map { ($0, true) }
            }
        } catch {
            // Perhaps only this call was cancelled: each of them finds out by itself.
            settle(followers.map { ($0.ticket, .alone) })
            state.withLock { $0.passOn() }?.resume(returning: .lead)
            throw error
        }
        state.withLock { $0.passOn() }?.resume(returning: .lead)
        if let mine { return mine }
        return try await list(folder)
    }

    /// Answers those whose folders a page shows; returns what it shows of the leader's.
    private func answer(
        _ followers: [(ticket: UInt64, folder: String)], from page: S3Page, besides folder: String
    ) -> [S3Entry]? {
        let isOrdered = S3Stretch.isOrdered(page)
        let shown = followers.map { follower in
            (follower.ticket, isOrdered ? S3Stretch.entries(of: follower.folder, on: page) : nil)
        }
        // Where a listing does for fewer than half of them, they wait for little.
        if shown.count(where: { $0.1 != nil }) * 2 < shown.count {
            change { $0.isCrowded = false }
        }
        settle(shown.map { ticket, entries in (ticket, entries.map { .answered($0) }) })
        return isOrdered ? S3Stretch.entries(of: folder, on: page) : nil
    }

    /// Ends the wait of those who have an answer; the others wait for one more listing, where that is of use.
    private func settle(_ answers: [(ticket: UInt64, turn: Turn?)]) {
        let ended = state.withLock { state in
            var ended: [(Handover<Turn>, Turn)] = []
            for (ticket, turn) in answers {
                // Else cancelled meanwhile.
                guard let waiter = state.waiting[ticket] else { continue }
                state.waiting[ticket]?.isTaken = false
                if let turn = turn ?? (waiter.turns < Self.mostTurns ? nil : .alone) {
                    state.waiting[ticket] = nil
                    ended.append((waiter.handover, turn))
                }
            }
            guard !state.isCrowded else { return ended }
            for (ticket, waiter) in state.waiting where !waiter.isTaken {
                state.waiting[ticket] = nil
                ended.append((waiter.handover, .alone))
            }
            return ended
        }
        for (handover, turn) in ended { handover.resume(returning: turn) }
    }

    /// The folder's own, with its slash; empty: the bucket.
    private static func parent(of folder: String) -> String {
        let bytes = folder.utf8
        guard let slash = bytes.dropLast().lastIndex(of: UInt8(ascii: "/")) else { return "" }
        return String(Substring(bytes[...slash]))
    }
}
