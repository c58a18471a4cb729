import Cryptography
import Sharing
package import Storage
package import StowageContract

/// A client of a `FileTree`, as good or as odd as a test wants its server.
package final class MemoryFileServer: FileServer {
    package struct Configuration: Decodable, Sendable {}

    /// How the server is.
    package struct Manner: Sendable {
        package var facts = exclusive
        /// Moves replace whatever stands there, asked to or not.
        package var alwaysReplaces = false
        /// Moves replace nothing, asked to or not.
        package var neverReplaces = false
        /// Keeps fewer bytes than it took, and says that all is well.
        package var cutsOff = false
        /// Called before a file is moved, with where from and where to.
        package var beforeMove: (@Sendable (String, String) -> Void)?
        /// Called before a file is opened for writing, with where and from what offset on.
        package var beforeUpload: (@Sendable (String, Int64) -> Void)?
        /// Tells no times.
        package var hidesTimes = false

        package init() {}

        private static var exclusive: FileServerFacts {
            var facts = FileServerFacts()
            facts.movesExclusively = true
            return facts
        }
    }

    /// When the client dies: all that it does later fails, and changes nothing.
    private struct Death: Sendable {
        /// How many calls that change something come before.
        package var calls: Int
        /// Whether that call still has its effect.
        package var hasEffect: Bool
    }

    package static let type = "memory-files"

    package let facts: FileServerFacts
    private let tree: FileTree
    private let manner: Manner
    private let death = Guarded<Death?>(nil)

    package init(_ tree: FileTree, _ manner: Manner = Manner()) {
        self.tree = tree
        self.manner = manner
        facts = manner.facts
    }

    package static func connect(
        _ configuration: Configuration, in environment: DriverEnvironment
    ) async throws(StorageError) -> MemoryFileServer {
        throw StorageError(.unsupported, .permanent, "it has no address")
    }

    /// Dies at the `call`th of the calls to come that change something, counted from 1.
    package func die(at call: Int, hasEffect: Bool) {
        death.withLock { $0 = Death(calls: call, hasEffect: hasEffect) }
    }

    package func status(_ path: String) async throws(StorageError) -> FileEntry? {
        try look()
        guard let node = tree.node(path) else { return nil }
        let name = path.split(separator: "/").last.map { String($0) } ?? ""
        return FileEntry(
            name: name, isFolder: node.isFolder, size: Int64(node.bytes.count),
            modified: manner.hidesTimes ? nil : node.modified)
    }

    package func entries(_ folder: String) async throws(StorageError) -> [FileEntry]? {
        try look()
        return tree.children(folder).map { entries in
            entries.map { entry in
                var entry = entry
                if manner.hidesTimes { entry.modified = nil }
                return entry
            }
        }
    }

    package func makeFolder(_ path: String) async throws(StorageError) -> Bool {
        try change { () throws(StorageError) in try tree.makeFolder(path) }
    }

    package func removeFolder(_ path: String) async throws(StorageError) -> Bool {
        try change { () throws(StorageError) in try tree.removeFolder(path) }
    }

    package func upload(_ path: String, at offset: Int64, size: Int64?, from body: any ArchiveBody)
        async throws(StorageError)
    {
        manner.beforeUpload?(path, offset)
        if facts.resumesOnlyExisting, offset > 0, tree.node(path) == nil { throw FileTree.absent }
        let file = try change { () throws(StorageError) in try tree.open(path, at: offset) }
        var position = offset
        while let chunk = try await body.next() {
            try StorageError.checkCancellation()
            try look()
            tree.write(file, at: position, chunk)
            position += Int64(chunk.count)
        }
        try change { () throws(StorageError) in
            if manner.cutsOff, position > 1000 { tree.cut(file) }
        }
    }

    package func read(_ path: String, range: Range<Int64>?) async throws(StorageError) -> any ArchiveBody {
        try look()
        guard let node = tree.node(path), !node.isFolder else { throw FileTree.absent }
        guard let range else { return BytesBody(node.bytes) }
        return BytesBody(Array(node.bytes[Int(range.lowerBound)..<Int(range.upperBound)]))
    }

    package func move(_ path: String, to target: String, replacing: Bool) async throws(StorageError) {
        manner.beforeMove?(path, target)
        try change { () throws(StorageError) in
            try tree.move(
                path, to: target, replacing: manner.alwaysReplaces || replacing && !manner.neverReplaces)
        }
    }

    package func remove(_ path: String) async throws(StorageError) -> Bool {
        try change { () throws(StorageError) in tree.remove(path) }
    }

    package func sha256(_ path: String) async throws(StorageError) -> String {
        try look()
        guard let node = tree.node(path) else { throw FileTree.absent }
        return SHA256Hasher.digest(of: node.bytes).hexadecimal
    }

    package func room() async throws(StorageError) -> StoreCapacity {
        try look()
        return StoreCapacity(usedBytes: tree.all.values.reduce(0) { $0 + Int64($1.bytes.count) })
    }

    package func probe() async throws(StorageError) { try look() }

    package func close() async {}

    private func look() throws(StorageError) {
        if death.withLock({ $0?.calls == 0 }) { throw Self.dead }
    }

    private func change<Value>(_ body: () throws(StorageError) -> Value) throws(StorageError) -> Value {
        try look()
        let isLast = death.withLock { death -> Death? in
            death?.calls -= 1
            return death?.calls == 0 ? death : nil
        }
        guard let isLast else { return try body() }
        if isLast.hasEffect { _ = try body() }
        throw Self.dead
    }

    private static var dead: StorageError {
        StorageError(.unavailable, .transient(after: nil), "the client is dead", isAmbiguous: true)
    }
}
