import FileSystem
import Glibc
import Storage
import StowageContract

/// Walks a store in byte order of key, without the parts that a page cannot need.
///
/// Blocks.
struct LocalFileListing {
    private let window: KeyWindow
    private let limit: Int
    private var entries: [ArchivePage.Entry] = []
    private var hasMore = false

    init(prefix: String, after: String?, limit: Int) {
        self.window = KeyWindow(prefix: prefix, after: after)
        self.limit = limit
    }

    var page: ArchivePage { ArchivePage(entries: entries, hasMore: hasMore) }

    mutating func walk(_ root: Directory) throws(StorageError) {
        try walk(root, "")
    }

    /// `front` is the path of `folder` with its slash; empty for the root.
    private mutating func walk(_ folder: Directory, _ front: String) throws(StorageError) {
        let names: [DirectoryEntry]
        do throws(FileSystemError) {
            names = try folder.entries()
        } catch {
            // Removed since its parent was read.
            if error.errno == ENOENT { return }
            throw LocalFileErrors.error(error)
        }
        // A folder sorts as its keys do: with the slash behind its name.
        var sorted: [(key: String, entry: DirectoryEntry)] = []
        for entry in names where !entry.name.utf8.starts(with: RecordName.reserved.utf8) {
            switch entry.kind {
            case .regular where !front.isEmpty: sorted.append((front + entry.name, entry))
            case .folder: sorted.append((front + entry.name + "/", entry))
            default: continue
            }
        }
        sorted.sort { $0.key.precedesInBytes($1.key) }
        for (key, entry) in sorted {
            if hasMore { return }
            if entry.kind == .folder {
                guard window.mayHold(key.utf8) else { continue }
                try descend(folder, entry.name, key)
            } else if window.wants(key.utf8) {
                try take(folder, ArchiveKey(trusted: key))
            }
        }
    }

    private mutating func descend(_ folder: Directory, _ name: String, _ front: String) throws(StorageError) {
        let child: Directory
        do throws(FileSystemError) {
            child = try folder.child(name)
        } catch {
            if error.errno == ENOENT || error.errno == ELOOP || error.errno == ENOTDIR { return }
            throw LocalFileErrors.error(error)
        }
        try walk(child, front)
    }

    private mutating func take(_ folder: Directory, _ key: ArchiveKey) throws(StorageError) {
        if entries.count == limit {
            hasMore = true
            return
        }
        let archive = LocalFileArchive(key: key, folder: folder)
        guard let status = try mapped({ () throws(FileSystemError) in try folder.status(key.name) }) else { return }
        let manifest = try archive.manifest()
        let modified = Timestamp(millisecondsSinceEpoch: status.modifiedAt / 1_000_000)
        entries.append(
            ArchivePage.Entry(
                key: key, size: status.size, storedAt: manifest?.storedAt ?? modified, taskID: manifest?.taskID))
    }
}
