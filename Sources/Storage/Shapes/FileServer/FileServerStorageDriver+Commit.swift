import ServiceRuntime
import StowageContract
import StrictCoding

extension FileServerStorageDriver {
    /// Lets a staged archive appear with its manifest; where that fails, its bytes are left to the caller.
    func commit(
        _ path: String, _ manifest: Manifest, _ request: WriteRequest, _ verified: Verification?
    ) async throws(StorageError) -> WriteReceipt {
        try StorageError.checkCancellation()
        let record = FileServerNames.staged()
        let stands: Manifest
        do throws(StorageError) {
            stands = try await publish(FileServerCommit(archive: path, record: record, manifest: manifest, request))
        } catch {
            if error.code == .notFound { throw StorageError.hasGone }
            if !error.isAmbiguous { await server.discard([record]) }
            throw error
        }
        if stands != manifest { await server.discard([record]) }
        CrashPoint.reach(.afterPublish)
        return WriteReceipt(
            verified: verified, exclusive: isExclusive ? .atomic : .checked, durability: durability,
            archive: StoredArchive(
                key: request.key, size: manifest.size, manifest: stands, protection: RetentionState(stands, [])))
    }

    /// Returns the manifest that stands: another delivery of the same task may have left it.
    private func publish(_ commit: FileServerCommit) async throws(StorageError) -> Manifest {
        let folder = commit.request.key.folderPath
        let ends = time.monotonic + policy.lease.heldAtMost
        if try await stage(commit, making: folder) { return try await publishAlone(commit, until: ends) }
        var watch = FileServerWatch<Set<String>>(policy.lease, time)
        while true {
            let ends = time.monotonic + policy.lease.heldAtMost
            if try await server.makeFolders(folder) { return try await publishAlone(commit, until: ends) }
            guard let found = try await look(commit.request.key) else {
                // Removed in between, or something else than a folder.
                if watch.hasSeenLong([]) {
                    throw StorageError(.conflict, .permanent, "what stands in place of the archive's folder is none")
                }
                try await watch.wait()
                continue
            }
            try await admit(commit.request, found)
            let names = found.names
            // Whoever made the folder may be about to fill it, unless it was filled before, or with the same.
            if found.hasDeletion || names.contains(FileServerNames.claim) || watch.hasSeenLong(names) { break }
            if let left = try await manifest(found), commit.continues(left) { break }
            commit.request.worked()
            try await watch.wait()
        }
        let claim = try await FileServerClaim.acquire(
            server, folder, policy.lease, time, worked: commit.request.worked)
        do throws(StorageError) {
            let stands = try await publish(commit, claim)
            await claim.release()
            return stands
        } catch {
            // Whoever takes it over waits until what may still be under way is through.
            if !error.isAmbiguous { await claim.release() }
            throw error
        }
    }

    /// Writes the manifest into the staging folder; returns whether the archive's folder came about with it.
    private func stage(_ commit: FileServerCommit, making folder: String) async throws(StorageError) -> Bool {
        let bytes = commit.manifest.bytes
        let (told, isMade) = try await server.stage(commit.record, bytes, making: folder)
        do throws(StorageError) {
            try await server.checkSize(of: commit.record, Int64(bytes.count), told)
        } catch {
            if isMade { await forget(folder) }
            throw error
        }
        return isMade
    }

    /// The folder is this call's own work, and empty: nobody else writes into it as long as `ends` is not reached.
    private func publishAlone(
        _ commit: FileServerCommit, until ends: Duration
    ) async throws(StorageError) -> Manifest {
        let folder = commit.request.key.folderPath
        let outcome = await server.move(
            FileMoves(
                [
                    .init(path: commit.record, target: folder + "/" + RecordName.manifest),
                    .init(path: commit.archive, target: commit.request.key.text),
                ], until: ends, time))
        guard let failure = outcome.failure else { return commit.manifest }
        // Where the manifest was moved, another delivery may count on it: it stays, whatever comes.
        if outcome.moved == 0, !failure.isAmbiguous { await forget(folder) }
        throw failure
    }

    /// Removes a folder that nothing was moved into.
    private func forget(_ folder: String) async {
        let server = server
        await shielded { _ = try? await server.removeFolder(folder) }
    }

    /// Nobody knows what became of a move that was left behind.
    func move(_ path: String, to target: String, replacing: Bool) async throws(StorageError) {
        do throws(StorageError) {
            try await server.move(path, to: target, replacing: replacing)
        } catch {
            var error = error
            if error.code == .cancelled { error.isAmbiguous = true }
            throw error
        }
    }

    private func publish(
        _ commit: FileServerCommit, _ claim: FileServerClaim<Server>
    ) async throws(StorageError) -> Manifest {
        let key = commit.request.key
        guard let found = try await look(key) else {
            throw StorageError(.unavailable, .transient(after: nil), "the folder of the archive is gone")
        }
        try await admit(commit.request, found)
        let record = key.folderPath + "/" + RecordName.manifest
        let left: Manifest?
        do throws(StorageError) {
            left = try await manifest(found)
        } catch {
            // Cut off while it was written: no archive stands that it could be of.
            guard error.code == .unavailable, error.context["problem"] != nil else { throw error }
            left = nil
        }
        try claim.check()
        var stands = commit.manifest
        if let left, commit.continues(left), !stands.repairs(left) {
            stands = left
        } else if found.hasManifest {
            try await replace(record, with: commit.record)
        } else {
            try await move(commit.record, to: record, replacing: false)
        }
        try claim.check()
        try await move(commit.archive, to: key.text, replacing: false)
        return stands
    }

    /// Lets a staged file take the place of one that stands.
    func replace(_ path: String, with staged: String) async throws(StorageError) {
        if !trial.replaces { _ = try await server.remove(path) }
        try await move(staged, to: path, replacing: true)
    }
}

extension StorageError {
    /// What was there a moment ago is not: moved by a call whose answer was lost, or tidied away.
    static let hasGone = StorageError(
        .unavailable, .transient(after: nil), "something that was staged has gone", isAmbiguous: true)
}

/// An archive that is staged with its manifest, and wants to appear.
struct FileServerCommit: Sendable {
    /// The path of its staged bytes.
    let archive: String
    /// The path of its staged manifest.
    let record: String
    let manifest: Manifest
    let request: WriteRequest

    init(archive: String, record: String, manifest: Manifest, _ request: WriteRequest) {
        self.archive = archive
        self.record = record
        self.manifest = manifest
        self.request = request
    }

    /// Whether a manifest without its archive is of the same bytes and the same request.
    func continues(_ left: Manifest) -> Bool {
        left.sha256.hasSameBytes(as: manifest.sha256) && left.fingerprint.hasSameBytes(as: manifest.fingerprint)
            && left.name.hasSameBytes(as: manifest.name)
    }
}
