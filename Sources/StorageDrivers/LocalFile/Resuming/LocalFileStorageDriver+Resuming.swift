import FileSystem
import ServiceRuntime
package import Storage
import StowageContract

extension LocalFileStorageDriver: ResumableUploading {
    package var leastResumableBytes: Int64 { checkpoints.leastBytes }

    package func write(
        _ request: WriteRequest, resuming body: any ResumableBody
    ) async throws(StorageError) -> WriteReceipt {
        let driver = self
        let claimed = try await blocking.run { () throws(StorageError) in
            try PartialFile.claim(request, of: driver)
        }
        guard let partial = claimed else { return try await write(request, from: body) }
        do throws(PartialWriter.Interruption) {
            let resumed = try await resume(partial, body)
            var writer = PartialWriter(partial, body, resumed: resumed, of: self)
            try await writer.take()
            return try await commit(partial, request, isResumed: resumed > 0)
        } catch {
            let isKept = error.isKept && !body.isForgone
            await blocking.run { isKept ? partial.release() : partial.discard() }
            throw error.error
        }
    }

    /// Reads back what the last writer left; returns how much of it counts.
    private func resume(
        _ partial: PartialFile, _ body: any ResumableBody
    ) async throws(PartialWriter.Interruption) -> Int64 {
        do throws(StorageError) {
            let found = try await blocking.run { () throws(StorageError) in try partial.checkpoint(of: body.origin) }
            var resumed: Int64 = 0
            if let found {
                let stored = LocalFileBody(
                    partial.staged.file.file, 0..<found.bytes, first: nil, pool: blocking)
                if try await body.resume(behind: stored, expecting: found) { resumed = found.bytes }
            }
            let size = resumed
            try await blocking.run { () throws(StorageError) in try partial.cut(to: size) }
            return resumed
        } catch {
            // What could not be read back is not worth keeping; a source that has to come back says nothing about it.
            let isKept = error.code == .cancelled || error.place == .source && error.mayBeGoneOnWith
            throw PartialWriter.Interruption(error: error, isKept: isKept)
        }
    }

    private func commit(
        _ partial: PartialFile, _ request: WriteRequest, isResumed: Bool
    ) async throws(PartialWriter.Interruption) -> WriteReceipt {
        do throws(StorageError) {
            let manifest = try request.seal()
            let commit = ArchiveCommit(
                request: request, manifest: manifest, manifestBytes: manifest.bytes, chunks: [],
                staged: partial.staged)
            let proves = commit.rereads || isResumed
            let (flushes, mode) = (durability != .none, configuration.fileMode)
            try await blocking.run { () throws(StorageError) in
                if proves { try partial.staged.prove(manifest) }
                try mapped { () throws(FileSystemError) in
                    try partial.staged.file.file.setMode(mode)
                    if flushes { try partial.staged.file.file.flush() }
                }
            }
            try StorageError.checkCancellation()
            let stands = try await committer.commit(commit, self)
            await blocking.run { partial.forget() }
            return WriteReceipt(
                verified: proves ? .reread : nil, exclusive: .atomic, durability: durability,
                archive: StoredArchive(
                    key: request.key, size: manifest.size, manifest: stands, protection: RetentionState(stands, [])))
        } catch {
            throw PartialWriter.Interruption(error: error, isKept: error.code == .cancelled)
        }
    }
}
