import FileSystem
import Glibc
import Storage
import StowageContract
import StrictCoding

/// One archive that is complete and wants to appear.
struct ArchiveCommit: Sendable {
    let request: WriteRequest
    let manifest: Manifest
    let manifestBytes: [UInt8]
    /// The bytes, where they are not staged yet.
    let chunks: [[UInt8]]
    let staged: StagedArchive?

    /// Whether the bytes are read back before they can be seen.
    var rereads: Bool { request.verify == .server || request.verify == .reread }
}

/// A commit whose bytes and manifest lie staged in the archive's folder.
///
/// All calls block.
struct PreparedCommit {
    let commit: ArchiveCommit
    let archive: StagedArchive
    let manifest: StagedFile

    init(_ commit: ArchiveCommit, _ driver: LocalFileStorageDriver) throws(StorageError) {
        let mode = driver.configuration.fileMode
        let isUnnamed = driver.usesUnnamedFiles
        self.commit = commit
        if let staged = commit.staged {
            archive = staged
        } else {
            archive = try mapped { () throws(FileSystemError) in
                let (folder, changed) = try driver.tree.makeFolder(of: commit.request.key)
                let file = try StagedFile.make(in: folder, mode: mode, isUnnamed: isUnnamed)
                do throws(FileSystemError) {
                    for chunk in commit.chunks { try file.file.write(chunk) }
                } catch {
                    file.discard()
                    throw error
                }
                return StagedArchive(folder: folder, changed: changed, file: file)
            }
        }
        do throws(StorageError) {
            if commit.rereads, commit.staged == nil { try archive.prove(commit.manifest) }
            let folder = archive.folder
            manifest = try mapped { () throws(FileSystemError) in
                let file = try StagedFile.make(in: folder, mode: mode, isUnnamed: isUnnamed)
                do throws(FileSystemError) {
                    try file.file.write(commit.manifestBytes)
                } catch {
                    file.discard()
                    throw error
                }
                return file
            }
        } catch {
            archive.file.discard()
            throw error
        }
    }

    func discard() {
        archive.file.discard()
        manifest.discard()
    }

    /// Waits for the bytes alone.
    func flushFiles() throws(StorageError) {
        try mapped { () throws(FileSystemError) in
            try archive.file.file.flush()
            try manifest.file.flush()
        }
    }

    /// Waits for the names alone.
    func flushNames() throws(StorageError) {
        try mapped(isAmbiguous: true) { () throws(FileSystemError) in
            try archive.folder.flush()
            for folder in archive.changed { try folder.flush() }
        }
    }

    /// Lets the archive appear, first its manifest, under the folder's lock; returns the manifest that stands.
    ///
    /// The lock keeps the two together: whoever finds a manifest without its archive while holding the lock knows that
    /// its writer was killed.
    func publish() throws(StorageError) -> Manifest {
        let folder = archive.folder
        try mapped { () throws(FileSystemError) in try folder.lock() }
        defer { folder.unlock() }
        let stored = LocalFileArchive(key: commit.request.key, folder: folder)
        if let deletion = try stored.deletion(), deletion.refuses(commit.request.taskID) { throw deletion.refusal }
        let name = commit.request.key.name
        let found = try mapped { () throws(FileSystemError) in try folder.status(name) }
        if let found { return try complete(stored, found) }
        let manifest = try publishManifest(stored)
        do throws(FileSystemError) {
            try archive.file.publish(as: name)
        } catch {
            guard error.errno != EEXIST else { throw Self.conflict }
            throw LocalFileErrors.error(error, isAmbiguous: error.errno == EIO)
        }
        return manifest
    }

    /// Puts the manifest in place; one that a killed writer left is taken over or makes room.
    private func publishManifest(_ stored: LocalFileArchive) throws(StorageError) -> Manifest {
        do throws(FileSystemError) {
            try manifest.publish(as: RecordName.manifest)
            return commit.manifest
        } catch {
            guard error.errno == EEXIST else { throw LocalFileErrors.error(error) }
        }
        let left: Manifest?
        do throws(StorageError) { left = try stored.manifest() } catch { left = nil }
        if let left, !left.name.hasSameBytes(as: commit.manifest.name), try stored.stands(left.name) {
            throw StorageError(
                .conflict, .permanent, "the task id was used for another name",
                context: ["members": "name", "stored": left.sha256])
        }
        if let left, left.sha256 == commit.manifest.sha256, left.fingerprint == commit.manifest.fingerprint,
            !commit.manifest.repairs(left)
        {
            return left
        }
        try mapped { () throws(FileSystemError) in
            try stored.folder.unlink(RecordName.manifest)
            try manifest.publish(as: RecordName.manifest)
        }
        return commit.manifest
    }

    /// An archive stands already: only one that lost its manifest with the power, and has our bytes, is completed.
    private func complete(_ stored: LocalFileArchive, _ found: FileStatus) throws(StorageError) -> Manifest {
        guard found.kind == .regular else {
            throw StorageError(.conflict, .permanent, "what stands under the key is no regular file")
        }
        guard try stored.manifest() == nil else { throw Self.conflict }
        let file = try mapped { () throws(FileSystemError) in try stored.folder.fileIfPresent(stored.key.name) }
        guard let file, found.size == commit.manifest.size else { throw Self.conflict }
        let actual = try LocalFileDigest.of(file)
        guard actual == commit.manifest.sha256 else {
            throw Self.conflict.with("stored", actual).with("source", commit.manifest.sha256)
        }
        try mapped { () throws(FileSystemError) in try manifest.publish(as: RecordName.manifest) }
        return commit.manifest
    }

    private static var conflict: StorageError {
        StorageError(.conflict, .permanent, "an archive stands under the key")
    }
}
