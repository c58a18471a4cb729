import Cryptography
import ServiceRuntime
import StowageContract

/// Times of a `FileServerClaim`.
package struct FileServerLease: Sendable {
    /// A holder begins nothing later than this after it got the claim.
    package var heldAtMost = Duration.seconds(30)
    /// A claim that somebody has seen unchanged for as long is a killed writer's.
    package var abandonedAfter = Duration.seconds(60)
    /// Between two looks at a claim that is held; grows to the second.
    package var firstLook = Duration.milliseconds(20)
    package var lastLook = Duration.seconds(1)

    package init() {}
}

/// The right to change what stands in one archive's folder, which only one writer has at a time.
///
/// These protocols have no lock that all their servers keep, but all make a folder for one of many callers only. The claim is
/// a folder with another one in it that bears the holder's name; removing that takes the claim over, and again only one of
/// many callers succeeds. Nobody compares clocks: a holder goes by the time since it began, and whoever waits by how long it
/// has seen the same holder.
struct FileServerClaim<Server: FileServer>: Sendable {
    private let server: Server
    private let folder: String
    private let holder: String
    private let time: TimeSource
    private let ends: Duration

    /// Waits for the claim of a folder, which exists; `worked` is called while it does.
    ///
    /// - Throws: `.notFound` where the folder is gone.
    static func acquire(
        _ server: Server, _ archiveFolder: String, _ lease: FileServerLease, _ time: TimeSource,
        worked: @Sendable () -> Void
    ) async throws(StorageError) -> FileServerClaim {
        let folder = archiveFolder + "/" + FileServerNames.claim
        let holder = RandomBytes.hexadecimal(8)
        var watch = FileServerWatch<Set<String>>(lease, time)
        while true {
            let claim = FileServerClaim(
                server: server, folder: folder, holder: holder, time: time, ends: time.monotonic + lease.heldAtMost)
            if try await server.makeFolder(folder), try await claim.enter() { return claim }
            let seen = Set((try await server.entries(folder) ?? []).map(\.name))
            if watch.hasSeenLong(seen) {
                // Of all who have waited as long, one removes what stands there.
                guard let other = seen.first else {
                    do throws(StorageError) {
                        _ = try await server.removeFolder(folder)
                    } catch {
                        // Its holder has come after all.
                        guard error.code == .conflict else { throw error }
                    }
                    continue
                }
                if try await server.removeFolder(folder + "/" + other), try await claim.enter() { return claim }
            }
            worked()
            try await watch.wait()
        }
    }

    /// Puts the holder's name into the claim; `false`: it was taken away, or this took longer than a holder may.
    private func enter() async throws(StorageError) -> Bool {
        do throws(StorageError) {
            guard try await server.makeFolder(folder + "/" + holder) else { return false }
        } catch {
            guard error.code == .notFound else { throw error }
            return false
        }
        if time.monotonic < ends { return true }
        await release()
        return false
    }

    /// Throws where the holder has had the claim for so long that somebody may take it over.
    func check() throws(StorageError) {
        guard time.monotonic < ends else { throw StorageError.leaseIsOver }
    }

    /// Gives the claim back, also in a task that was cancelled; where that fails, it is taken over in time.
    func release() async {
        let (server, folder, holder) = (server, folder, holder)
        await shielded {
            do throws(StorageError) {
                if try await server.removeFolder(folder + "/" + holder) {
                    _ = try await server.removeFolder(folder)
                }
            } catch {}
        }
    }
}

/// Looks again and again, until something has not changed for as long as a lease says.
struct FileServerWatch<Seen: Equatable & Sendable>: Sendable {
    private let lease: FileServerLease
    private let time: TimeSource
    private var last: Seen?
    private var since: Duration
    private var pause: Duration

    init(_ lease: FileServerLease, _ time: TimeSource) {
        self.lease = lease
        self.time = time
        since = time.monotonic
        pause = lease.firstLook
    }

    /// Whether the same has been seen for so long that its maker must be dead.
    mutating func hasSeenLong(_ seen: Seen) -> Bool {
        guard seen == last else {
            last = seen
            since = time.monotonic
            return false
        }
        return time.monotonic - since >= lease.abandonedAfter
    }

    /// Waits before the next look.
    mutating func wait() async throws(StorageError) {
        do {
            try await time.sleep(pause)
        } catch {
            throw .cancelled
        }
        pause = min(pause * 2, lease.lastLook)
    }
}

extension StorageError {
    /// Somebody may have taken over what this writer was about to do.
    static let leaseIsOver = StorageError(
        .unavailable, .transient(after: nil), "the server took too long to let the archive appear")
}
