import StrictCoding

/// A part of a bucket's keys, in byte order, in which several tasks' folders lie: what one listing is asked for.
struct S3Stretch: Equatable {
    /// What every key begins with.
    let prefix: String
    /// Every key lies behind it.
    let start: String
    /// The most entries that are worth asking for.
    let limit: Int

    /// Entries for each folder: an archive and its records, and strangers in between.
    private static let entriesEach = 8
    /// Fewer cost the store as much.
    private static let leastEntries = 128
    static let mostEntries = 1000

    /// The stretch of these folders (at least one, with their slashes).
    init(_ folders: [String]) {
        let first = folders.min { $0.utf8.lexicographicallyPrecedes($1.utf8) } ?? ""
        var common = first.utf8[...]
        for folder in folders { common = common.prefix(zip(common, folder.utf8).prefix { $0 == $1 }.count) }
        // Not within a character: the rest would be no text.
        while String(common) == nil { common = common.dropLast() }
        prefix = String(common) ?? ""
        start = first
        limit = min(max(folders.count * Self.entriesEach, Self.leastEntries), Self.mostEntries)
    }

    /// The entries below `folder` on a page of the stretch; `nil`: the page does not show all of them.
    static func entries(of folder: String, on page: S3Page) -> [S3Entry]? {
        if page.next != nil {
            guard let last = page.entries.last?.key, folder.utf8.lexicographicallyPrecedes(last.utf8),
                !last.utf8.starts(with: folder.utf8)
            else { return nil }
        }
        return page.entries.filter { $0.key.utf8.starts(with: folder.utf8) }
    }

    /// Whether the keys of a page come in the order that makes a part of them a stretch.
    static func isOrdered(_ page: S3Page) -> Bool {
        zip(page.entries, page.entries.dropFirst()).allSatisfy { !$1.key.utf8.lexicographicallyPrecedes($0.key.utf8) }
    }
}
