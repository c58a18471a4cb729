import Storage
import StowageContract
import StrictCoding

/// Makes archives of the entries of a bucket's listing, until there are enough.
struct S3Listing {
    private let limit: Int
    /// Not every store leaves the key out behind which it was asked to begin.
    private let after: String?
    private var entries: [ArchivePage.Entry] = []
    /// The object whose versions come at the moment: from the newest to the oldest, which is the one that counts.
    private var current: S3Entry?

    init(after: String?, limit: Int) {
        self.after = after
        self.limit = limit
    }

    /// Whether more came than were asked for.
    var isFull: Bool { entries.count > limit }

    mutating func take(_ page: [S3Entry]) {
        for entry in page where !entry.isMarker {
            if let current, !current.key.hasSameBytes(as: entry.key) { finish(current) }
            current = entry
        }
    }

    /// What came; `isComplete`: nothing more would.
    func page(isComplete: Bool) -> ArchivePage {
        var listing = self
        if isComplete, let current { listing.finish(current) }
        return ArchivePage(
            entries: Array(listing.entries.prefix(limit)), hasMore: listing.entries.count > limit || !isComplete)
    }

    private mutating func finish(_ entry: S3Entry) {
        current = nil
        let key = ArchiveKey(trusted: entry.key)
        if let after, !(ArchiveKey(trusted: after) < key) { return }
        guard let task = key.folderTask, Self.isArchive(key) else { return }
        entries.append(ArchivePage.Entry(key: key, size: entry.size, storedAt: entry.modified, taskID: task))
    }

    /// Whether an archive can lie there: none of its segments is one of ours.
    private static func isArchive(_ key: ArchiveKey) -> Bool {
        key.segments.allSatisfy { !$0.isEmpty && !$0.utf8.starts(with: RecordName.reserved.utf8) }
    }
}
