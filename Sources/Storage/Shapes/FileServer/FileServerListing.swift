import StowageContract

/// Walks a server in byte order of key, without the parts that a page cannot need.
struct FileServerListing<Server: FileServer> {
    private let server: Server
    private let window: KeyWindow
    private let limit: Int
    private var entries: [ArchivePage.Entry] = []
    private var hasMore = false

    init(_ server: Server, prefix: String, after: String?, limit: Int) {
        self.server = server
        self.window = KeyWindow(prefix: prefix, after: after)
        self.limit = limit
    }

    var page: ArchivePage { ArchivePage(entries: entries, hasMore: hasMore) }

    mutating func walk() async throws(StorageError) { try await walk("") }

    /// `front` is the path of a folder with its slash; empty for the root.
    private mutating func walk(_ front: String) async throws(StorageError) {
        try StorageError.checkCancellation()
        // `nil`: removed since the folder above was read.
        guard let found = try await server.entries(String(front.dropLast())) else { return }
        // A folder sorts as its keys do: with the slash behind its name.
        var sorted: [(key: String, entry: FileEntry)] = []
        for entry in found where !FileServerNames.isReserved(entry.name) {
            if entry.isFolder {
                sorted.append((front + entry.name + "/", entry))
            } else if !front.isEmpty {
                sorted.append((front + entry.name, entry))
            }
        }
        sorted.sort { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        for (key, entry) in sorted {
            if hasMore { return }
            if entry.isFolder {
                if window.mayHold(key.utf8) { try await walk(key) }
            } else if window.wants(key.utf8) {
                try await take(ArchiveKey(trusted: key), entry)
            }
        }
    }

    private mutating func take(_ key: ArchiveKey, _ entry: FileEntry) async throws(StorageError) {
        guard let task = key.folderTask else { return }
        if entries.count == limit {
            hasMore = true
            return
        }
        var storedAt = entry.modified
        if storedAt == nil, let bytes = try await server.record(key.folderPath + "/" + RecordName.manifest) {
            storedAt = try Manifest(bytes: bytes).storedAt
        }
        entries.append(
            ArchivePage.Entry(
                key: key, size: entry.size, storedAt: storedAt ?? Timestamp(millisecondsSinceEpoch: 0), taskID: task))
    }
}
