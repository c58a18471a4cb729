/// The keys that a page of a listing is asked for: those that begin with a prefix and lie behind another key.
///
/// For drivers that walk folders in byte order of key.
package struct KeyWindow: Sendable {
    private let prefix: [UInt8]
    private let after: [UInt8]?

    package init(prefix: String, after: String?) {
        self.prefix = Array(prefix.utf8)
        self.after = after.map { Array($0.utf8) }
    }

    /// Whether a key below the folder whose path, with its slash, is `front` can be wanted.
    package func mayHold(_ front: String.UTF8View) -> Bool {
        guard front.starts(with: prefix) || prefix.starts(with: front) else { return false }
        guard let after else { return true }
        return after.starts(with: front) || after.lexicographicallyPrecedes(front)
    }

    /// Whether the key is one of them.
    package func wants(_ key: String.UTF8View) -> Bool {
        guard key.starts(with: prefix) else { return false }
        guard let after else { return true }
        return after.lexicographicallyPrecedes(key)
    }
}
