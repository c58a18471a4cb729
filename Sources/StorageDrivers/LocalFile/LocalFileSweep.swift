import FileSystem
import Glibc
import Storage

/// Removes what killed writers left: staged and partial files, and manifests whose archive never came.
///
/// Blocks.
struct LocalFileSweep {
    private let olderThan: Int64

    /// Everything last written before that moment, in milliseconds since the epoch.
    init(olderThan milliseconds: Int64) {
        olderThan = milliseconds
    }

    /// How many files were removed below `folder`.
    func run(_ folder: Directory) throws(FileSystemError) -> Int {
        let entries: [DirectoryEntry]
        do throws(FileSystemError) {
            entries = try folder.entries()
        } catch {
            if error.errno == ENOENT { return 0 }
            throw error
        }
        var count = 0
        var hasArchive = false
        var hasManifest = false
        for entry in entries {
            if entry.kind == .folder {
                count += try sweepChild(folder, entry.name)
            } else if entry.name == RecordName.manifest {
                hasManifest = true
            } else if TemporaryName.matches(entry.name) {
                if try remove(entry.name, in: folder) { count += 1 }
            } else if PartialName.matches(entry.name) {
                if try isOld(entry.name, in: folder), try folder.unlinkUnclaimed(entry.name) { count += 1 }
            } else if !entry.name.utf8.starts(with: RecordName.reserved.utf8) {
                hasArchive = true
            }
        }
        if hasManifest, !hasArchive, try removeManifest(in: folder) { count += 1 }
        return count
    }

    private func sweepChild(_ folder: Directory, _ name: String) throws(FileSystemError) -> Int {
        let child: Directory
        do throws(FileSystemError) {
            child = try folder.child(name)
        } catch {
            if error.errno == ENOENT || error.errno == ELOOP || error.errno == ENOTDIR { return 0 }
            throw error
        }
        return try run(child)
    }

    /// Looked at again under the lock: a writer may be about to let its archive appear.
    private func removeManifest(in folder: Directory) throws(FileSystemError) -> Bool {
        try folder.lock()
        defer { folder.unlock() }
        let hasArchive = try folder.entries().contains { !$0.name.utf8.starts(with: RecordName.reserved.utf8) }
        return hasArchive ? false : try remove(RecordName.manifest, in: folder)
    }

    private func remove(_ name: String, in folder: Directory) throws(FileSystemError) -> Bool {
        guard try isOld(name, in: folder) else { return false }
        return try folder.unlink(name)
    }

    private func isOld(_ name: String, in folder: Directory) throws(FileSystemError) -> Bool {
        guard let status = try folder.status(name) else { return false }
        return status.modifiedAt / 1_000_000 < olderThan
    }
}
