import Cryptography
import FileSystem
import ServiceRuntime
import Sharing
import Storage
import StowageContract

/// Brings a whole archive to a file, in as many deliveries as it takes.
///
/// The partial file lies beside its destination under a name that only the deliveries of the task know, and is its own
/// checkpoint: its bytes are hashed again by whoever goes on, and the digest of the whole proves them in the end.
struct FileRetrieval {
    private static let chunkBytes = 1 << 20

    let path: String
    let archive: ArchiveReference
    let context: OperationContext

    /// What a delivery begins with.
    private struct Beginning: Sendable {
        var target: SpoolDestination
        /// Somebody else may go on with it.
        var isClaimed = false
        /// What is there already.
        var prefix = PausableSHA256Hasher().paused
    }

    /// The archive's handle once its bytes stand at the destination.
    func run() async throws(StorageError) -> ArchiveHandle {
        if let handle = try await run(isAnew: false) { return handle }
        guard let handle = try await run(isAnew: true) else {
            throw StorageError(.unexpected, .permanent, "what was begun anew had a beginning")
        }
        return handle
    }

    /// `nil`: what an earlier delivery has left was not the archive's, and is gone.
    private func run(isAnew: Bool) async throws(StorageError) -> ArchiveHandle? {
        let begun = Guarded<Beginning?>(nil)
        let handle: ArchiveHandle
        do throws(StorageError) {
            handle = try await context.storage.withArchive(
                archive,
                behind: { (handle) async throws(StorageError) -> PausedSHA256 in
                    let beginning = try await begin(handle, isAnew: isAnew)
                    begun.withLock { $0 = beginning }
                    return beginning.prefix
                }
            ) { (body, handle) async throws(StorageError) -> ArchiveHandle in
                if let beginning = begun.withLock(\.self) { try await bring(body, handle, beginning) }
                return handle
            }
        } catch {
            guard let beginning = begun.withLock(\.self) else { throw error }
            let isKept = beginning.isClaimed && keeps(after: error)
            await context.blocking.run { isKept ? beginning.target.release() : beginning.target.discard() }
            if error.code == .integrityMismatch, beginning.prefix.count > 0 { return nil }
            throw error
        }
        guard let target = begun.withLock({ $0?.target }) else { return handle }
        // Holding the same bytes already is success; other bytes are never replaced.
        _ = try await spool { [meter = context.meter] () throws(SpoolError) in
            do throws(SpoolError) {
                return try target.publish { meter?.worked() }
            } catch {
                // A flush that failed once is not told again: the bytes are not to be trusted.
                if error.reason != .occupied { target.discard() }
                throw error
            }
        }
        return handle
    }

    /// Whether what was written until then is worth going on with.
    private func keeps(after error: StorageError) -> Bool {
        if context.slice?.isForgone ?? false { return false }
        return error.mayBeGoneOnWith && error.place != .destination && error.code != .integrityMismatch
    }

    private func begin(_ handle: ArchiveHandle, isAnew: Bool) async throws(StorageError) -> Beginning {
        context.meter?.awaits(.destination)
        let claimed: SpoolDestination?
        if handle.size >= context.leastResumableBytes, context.storage.capabilities.rangeRead {
            let name = partialName(handle)
            claimed = try await spool { [spool = context.spool, path] () throws(SpoolError) in
                try spool.claim(path, as: name)
            }
        } else {
            claimed = nil
        }
        guard let claimed else {
            let target = try await spool { [spool = context.spool, path] () throws(SpoolError) in
                try spool.create(path)
            }
            return Beginning(target: target)
        }
        do throws(StorageError) {
            let prefix = isAnew ? PausableSHA256Hasher().paused : try await prefix(of: claimed, handle)
            try await spool { () throws(SpoolError) in try claimed.cut(to: prefix.count) }
            return Beginning(target: claimed, isClaimed: true, prefix: prefix)
        } catch {
            await context.blocking.run { error.code == .cancelled ? claimed.release() : claimed.discard() }
            throw error
        }
    }

    /// The digest of what is there; nothing counts where there is more than the archive has.
    private func prefix(
        of target: SpoolDestination, _ handle: ArchiveHandle
    ) async throws(StorageError) -> PausedSHA256 {
        var hasher = PausableSHA256Hasher()
        let size = try await spool { () throws(SpoolError) in try target.size() }
        guard size <= handle.size else { return hasher.paused }
        while true {
            try StorageError.checkCancellation()
            let offset = hasher.count
            let chunk = try await spool { () throws(SpoolError) in
                try target.read(at: offset, count: Self.chunkBytes)
            }
            if chunk.isEmpty { return hasher.paused }
            hasher.update(chunk)
            context.meter?.worked()
        }
    }

    private func bring(
        _ body: any ArchiveBody, _ handle: ArchiveHandle, _ beginning: Beginning
    ) async throws(StorageError) {
        let target = beginning.target
        var body = body
        context.meter?.awaits(.driver)
        if let meter = context.meter {
            body = MeteredBody(body, meter, from: .driver, to: .destination)
            meter.begin(total: handle.size, done: beginning.prefix.count)
        }
        var count = beginning.prefix.count
        while let chunk = try await body.next() {
            try await spool { () throws(SpoolError) in try target.write(chunk) }
            count += Int64(chunk.count)
            guard let slice = context.slice, slice.isOver, beginning.isClaimed, count < handle.size else { continue }
            // Whoever goes on may do so on another machine.
            try await spool { () throws(SpoolError) in try target.flush() }
            slice.handOver()
            throw .handedOver
        }
    }

    /// The same for all deliveries of the task, as long as the archive is the same.
    private func partialName(_ handle: ArchiveHandle) -> String {
        let parts = [
            context.taskID.text, path, handle.driver.text, handle.key, handle.version ?? "", handle.sha256,
            String(handle.size),
        ]
        let digest = SHA256Hasher.digest(of: Array(parts.joined(separator: "\n").utf8)).hexadecimal
        return ".stowage-partial-" + digest.prefix(32)
    }

    private func spool<Value: Sendable>(
        _ body: @escaping @Sendable () throws(SpoolError) -> Value
    ) async throws(StorageError) -> Value {
        do throws(SpoolError) { return try await context.blocking.run(body) } catch {
            throw error.storageError(at: .destination)
        }
    }
}
