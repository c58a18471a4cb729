import Sharing
import FileSystem
import ServiceRuntime
import Storage
import StowageContract

/// A file below a spool root as a source.
final class SpoolSource: ArchiveSource {
    private let path: String
    private let roots: SpoolRoots
    private let blocking: BlockingPool
    /// The file that was read to its end in this delivery.
    private let hashed = Guarded<SpoolFile?>(nil)

    init(path: String, roots: SpoolRoots, blocking: BlockingPool) {
        self.path = path
        self.roots = roots
        self.blocking = blocking
    }

    func open() async throws(StorageError) -> any ArchiveBody {
        let file = try await look { [path, roots] () throws(SpoolError) in try roots.open(path) }
        return SpoolBody(file: file, blocking: blocking) { [self] in
            hashed.withLock { $0 = file }
        }
    }

    /// Removes the file, if it still is the one that was read.
    var removal: any SourceRemoval { SpoolRemoval(source: self) }

    fileprivate func removeHashed() async -> String? {
        do throws(StorageError) {
            guard let file = hashed.withLock(\.self) else {
                // Success from the manifest: nobody has compared what lies there now.
                _ = try await spool { [path, roots] () throws(SpoolError) in try roots.open(path) }
                return "the source was not read in this delivery"
            }
            return try await spool { [roots] () throws(SpoolError) in
                try roots.removeIfUnchanged(file) ? nil : "the file is not the one that was stored"
            }
        } catch {
            return error.code == .notFound ? nil : "\(error.code.rawValue): \(error.message)"
        }
    }

    private func spool<Value: Sendable>(
        _ body: @escaping @Sendable () throws(SpoolError) -> Value
    ) async throws(StorageError) -> Value {
        do throws(SpoolError) { return try await blocking.run(body) } catch { throw error.storageError(at: .source) }
    }

    /// For calls that only read: one that hangs is left behind when the task is cancelled.
    private func look<Value: Sendable>(
        _ body: @escaping @Sendable () throws(SpoolError) -> Value
    ) async throws(StorageError) -> Value {
        try await blocking.look(orIfCancelled: .cancelled.at(.source)) { () throws(StorageError) -> Value in
            do throws(SpoolError) { return try body() } catch { throw error.storageError(at: .source) }
        }
    }
}

/// Removes the file of a `SpoolSource`.
private struct SpoolRemoval: SourceRemoval {
    let source: SpoolSource

    func remove() async -> String? { await source.removeHashed() }
}

/// The bytes of a spool file, read ahead of nobody.
private final class SpoolBody: SeekableBody {
    private static let chunkBytes = 262_144

    let size: Int64?
    private let file: SpoolFile
    private let blocking: BlockingPool
    private let place = Guarded(Place())
    private let whenRead: @Sendable () -> Void

    private struct Place {
        var offset: Int64 = 0
        /// Nothing lies behind it, and what lies before was not written meanwhile.
        var isEnd = false
    }

    init(file: SpoolFile, blocking: BlockingPool, whenRead: @escaping @Sendable () -> Void) {
        self.file = file
        self.size = file.identity.size
        self.blocking = blocking
        self.whenRead = whenRead
    }

    /// Without the device: each machine that mounts the file system numbers it in its own way.
    var identity: String {
        let identity = file.identity
        return "file \(identity.inode) \(identity.size) \(identity.modifiedAt)"
    }

    func seek(to offset: Int64) {
        place.withLock { $0 = Place(offset: offset) }
    }

    func next() async throws(StorageError) -> [UInt8]? {
        if Task.isCancelled { throw StorageError(.cancelled, .permanent, "the read was cancelled", at: .source) }
        let from = place.withLock(\.self)
        let start = from.offset
        // One more than there should be shows the end in the same read.
        let wanted = Int(min(Int64(Self.chunkBytes), max(0, file.identity.size - start) + 1))
        let (chunk, isEnd) =
            from.isEnd
            ? ([], true)
            : try await blocking.look(orIfCancelled: .cancelled.at(.source)) {
                [file] () throws(StorageError) -> ([UInt8], Bool) in
                do throws(SpoolError) {
                    let chunk = try file.read(at: start, count: wanted)
                    let isEnd = start + Int64(chunk.count) == file.identity.size && chunk.count < wanted
                    // A file that is written while it is read has no digest worth announcing.
                    if chunk.isEmpty || isEnd, !file.isUnchanged() {
                        throw SpoolError(.failed, "the file changed while it was read")
                    }
                    return (chunk, isEnd)
                } catch {
                    throw error.storageError(at: .source)
                }
            }
        guard !chunk.isEmpty else {
            whenRead()
            return nil
        }
        place.withLock { $0 = Place(offset: start + Int64(chunk.count), isEnd: isEnd) }
        return chunk
    }

    /// The descriptor goes with the file: the one who may remove it still needs to know it.
    func close() async {}
}
