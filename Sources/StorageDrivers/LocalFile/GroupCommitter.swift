import Sharing
import FileSystem
import ServiceRuntime
import Storage
import StowageContract

/// Lets archives that are ready at the same time share their flushes.
///
/// Whoever comes while nobody leads, leads: takes everybody who waits, commits them as one group on a thread of the
/// pool, and hands the lead to one who came in between. Nobody waits for a group to fill.
final class GroupCommitter: Sendable {
    /// The most archives in one group.
    static let largestGroup = 128

    enum Turn: Sendable {
        case done(Result<Manifest, StorageError>)
        /// The one who gets this leads the next group.
        case lead
    }

    struct Waiter: Sendable {
        let commit: ArchiveCommit
        let continuation: Handover<Turn>
    }

    private struct State {
        var waiting: [Waiter] = []
        var leaders = 0
    }

    private let state = Guarded(State())
    private let lanes: Int

    /// A committer with that many groups at work at once.
    init(lanes: Int) {
        self.lanes = lanes
    }

    /// Returns when the archive is as durable as the driver promises; the manifest is the one that stands.
    func commit(
        _ commit: ArchiveCommit, _ driver: LocalFileStorageDriver
    ) async throws(StorageError) -> Manifest {
        let leads = state.withLock { state in
            guard state.leaders < lanes else { return false }
            state.leaders += 1
            return true
        }
        if !leads {
            let turn: Turn = await handedOver { continuation in
                let leads = state.withLock { state in
                    // The last leader may have gone in between.
                    guard state.leaders < lanes else {
                        state.waiting.append(Waiter(commit: commit, continuation: continuation))
                        return false
                    }
                    state.leaders += 1
                    return true
                }
                if leads { continuation.resume(returning: .lead) }
            }
            if case .done(let result) = turn { return try result.get() }
        }
        return try await lead(commit, driver)
    }

    /// Commits this archive and everybody who waits, then hands the lead on.
    private func lead(_ own: ArchiveCommit, _ driver: LocalFileStorageDriver) async throws(StorageError) -> Manifest {
        let group = state.withLock { state in
            let group = Array(state.waiting.prefix(Self.largestGroup - 1))
            state.waiting.removeFirst(group.count)
            return group
        }
        let results = await driver.blocking.run { CommitGroup([own] + group.map(\.commit), driver).run() }
        let next = state.withLock { state -> Waiter? in
            guard !state.waiting.isEmpty else {
                state.leaders -= 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.continuation.resume(returning: .lead)
        for (waiter, result) in zip(group, results.dropFirst()) {
            waiter.continuation.resume(returning: .done(result))
        }
        return try results[0].get()
    }
}

/// The archives of one group; blocks.
struct CommitGroup {
    /// From this many archives on, one flush of the file system is cheaper than flushing each file.
    static let sharedFrom = 2

    private let commits: [ArchiveCommit]
    private let driver: LocalFileStorageDriver

    init(_ commits: [ArchiveCommit], _ driver: LocalFileStorageDriver) {
        self.commits = commits
        self.driver = driver
    }

    /// One result for each archive, in order.
    func run() -> [Result<Manifest, StorageError>] {
        let root: Directory
        do throws(StorageError) {
            // What appears in a folder that nobody finds any more is lost, though it was stored.
            try driver.tree.place.check()
            // A descriptor of this group's: another group's flush must not swallow the failure of our write-back.
            root = try mapped { () throws(FileSystemError) in try driver.tree.root.reopened() }
        } catch {
            return commits.map { _ in .failure(error) }
        }
        let prepared = commits.map { commit in
            Result { () throws(StorageError) in try PreparedCommit(commit, driver) }
        }
        if let failure = flush(
            prepared, root, driver.durability != .none,
            { prepared throws(StorageError) in
                try prepared.flushFiles()
            })
        {
            return prepared.map { result in
                if case .success(let prepared) = result { prepared.discard() }
                return result.flatMap { _ in .failure(failure) }
            }
        }
        CrashPoint.reach(.afterTemporaryWrite)
        let published = prepared.map { result in
            result.flatMap { prepared in
                let manifest = Result { () throws(StorageError) in try prepared.publish() }
                if case .failure = manifest { prepared.discard() }
                return manifest
            }
        }
        let standing = zip(prepared, published).map { prepared, published in
            published.flatMap { _ in prepared }
        }
        if var failure = flush(
            standing, root, driver.durability == .full,
            { prepared throws(StorageError) in
                try prepared.flushNames()
            })
        {
            failure.isAmbiguous = true
            return published.map { result in result.flatMap { _ in .failure(failure) } }
        }
        CrashPoint.reach(.afterPublish)
        return published
    }

    /// Flushes what is there, together or each by itself.
    private func flush(
        _ all: [Result<PreparedCommit, StorageError>], _ root: Directory, _ isWanted: Bool,
        _ each: (PreparedCommit) throws(StorageError) -> Void
    ) -> StorageError? {
        let present = all.compactMap { try? $0.get() }
        guard isWanted, !present.isEmpty else { return nil }
        do throws(StorageError) {
            if present.count >= Self.sharedFrom {
                try mapped { () throws(FileSystemError) in try root.flushFileSystem() }
            } else {
                for prepared in present { try each(prepared) }
            }
            return nil
        } catch {
            return error
        }
    }
}
