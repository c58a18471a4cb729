import Sharing
package import Storage
package import StowageContract
import StrictCoding

/// What lies on a server's disk, in memory: outlives the clients that speak to it.
package final class FileTree: Sendable {
    package struct Node: Sendable {
        package var isFolder: Bool
        /// Of a file, what an open handle knows it by.
        package var number = 0
        package var bytes: [UInt8] = []
        package var modified: Timestamp
    }

    private let nodes: Guarded<[String: Node]>
    private let now: @Sendable () -> Timestamp

    package init(now: @escaping @Sendable () -> Timestamp) {
        self.now = now
        nodes = Guarded(["": Node(isFolder: true, modified: now())])
    }

    /// Everything that stands, by path.
    package var all: [String: Node] { nodes.withLock { $0 } }

    package func node(_ path: String) -> Node? { nodes.withLock { $0[path] } }

    package func children(_ folder: String) -> [FileEntry]? {
        nodes.withLock { nodes in
            guard nodes[folder]?.isFolder == true else { return nil }
            return nodes.compactMap { path, node in
                guard !path.isEmpty, Self.parent(path) == folder else { return nil }
                let size = Int64(node.bytes.count)
                return FileEntry(name: Self.name(path), isFolder: node.isFolder, size: size, modified: node.modified)
            }
        }
    }

    package func makeFolder(_ path: String) throws(StorageError) -> Bool {
        let node = Node(isFolder: true, modified: now())
        return try nodes.withLock { nodes throws(StorageError) in
            guard nodes[Self.parent(path)]?.isFolder == true else { throw Self.absent }
            guard nodes[path] == nil else { return false }
            nodes[path] = node
            return true
        }
    }

    package func removeFolder(_ path: String) throws(StorageError) -> Bool {
        try nodes.withLock { nodes throws(StorageError) in
            guard nodes[path]?.isFolder == true else { return false }
            guard !nodes.keys.contains(where: { !$0.isEmpty && Self.parent($0) == path }) else {
                throw StorageError(.conflict, .permanent, "the folder is not empty")
            }
            nodes[path] = nil
            return true
        }
    }

    /// Opens a file, which `offset` 0 makes or empties; returns what `write` knows it by.
    package func open(_ path: String, at offset: Int64) throws(StorageError) -> Int {
        let modified = now()
        return try nodes.withLock { nodes throws(StorageError) in
            guard nodes[Self.parent(path)]?.isFolder == true else { throw Self.absent }
            let number = (nodes.values.map(\.number).max() ?? 0) + 1
            var node = nodes[path] ?? Node(isFolder: false, number: number, modified: modified)
            if offset == 0 { node.bytes = [] }
            nodes[path] = node
            return node.number
        }
    }

    /// Writes into a file whatever it is called by now; a hole is filled with zeros, a file that is gone takes it all.
    package func write(_ number: Int, at offset: Int64, _ bytes: [UInt8]) {
        let modified = now()
        nodes.withLock { nodes in
            guard let path = nodes.first(where: { $0.value.number == number && !$0.value.isFolder })?.key,
                var node = nodes.removeValue(forKey: path)
            else { return }
            let offset = Int(offset)
            let missing = offset + bytes.count - node.bytes.count
            if missing > 0 { node.bytes += [UInt8](repeating: 0, count: missing) }
            node.bytes.replaceSubrange(offset..<(offset + bytes.count), with: bytes)
            node.modified = modified
            nodes[path] = node
        }
    }

    /// Loses the last byte of a file.
    package func cut(_ number: Int) {
        nodes.withLock { nodes in
            guard let path = nodes.first(where: { $0.value.number == number && !$0.value.isFolder })?.key else {
                return
            }
            nodes[path]?.bytes.removeLast()
        }
    }

    package func move(_ path: String, to target: String, replacing: Bool) throws(StorageError) {
        try nodes.withLock { nodes throws(StorageError) in
            guard let node = nodes[path], nodes[Self.parent(target)]?.isFolder == true else { throw Self.absent }
            guard replacing || nodes[target] == nil else {
                throw StorageError(.conflict, .permanent, "a file stands there")
            }
            nodes[target] = node
            nodes[path] = nil
        }
    }

    /// Gives a file another name besides the one that it has.
    package func link(_ path: String, as target: String) {
        nodes.withLock { $0[target] = $0[path] }
    }

    package func remove(_ path: String) -> Bool {
        nodes.withLock { nodes in
            guard nodes[path]?.isFolder == false else { return false }
            nodes[path] = nil
            return true
        }
    }

    static var absent: StorageError { StorageError(.notFound, .permanent, "there is no such file") }

    private static func parent(_ path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "" }
        return String(path[..<slash])
    }

    private static func name(_ path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
        return String(path[path.utf8.index(after: slash)...])
    }
}
