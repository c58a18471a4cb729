import Cryptography
import FileSystem
import ServiceRuntime
import Storage
import StowageContract

/// Brings an archive, or a part of it, to its destination.
struct RetrieveOperation: TaskOperation {
    let data: RetrieveData

    func run(in context: OperationContext) async throws(StorageError) -> OperationOutcome {
        try data.archive.checkDriver(context.storage.name)
        let result: RetrieveResult
        switch data.destination {
        case .inline: result = try await inline(in: context)
        case .file(let path): result = try await file(path, in: context)
        case .url(let location): result = try await url(location, in: context)
        }
        return OperationOutcome(.retrieve(result))
    }

    private func inline(in context: OperationContext) async throws(StorageError) -> RetrieveResult {
        guard context.hasRequester else {
            throw StorageError(.invalidTask, .permanent, "an inline destination needs a reply-to", at: .task)
        }
        let limit = context.inlineBytes
        let bytes = try await context.storage.withArchive(data.archive, range: data.range) {
            (body, _) async throws(StorageError) -> [UInt8] in
            let body = metered(body, context.meter)
            var bytes: [UInt8] = []
            while let chunk = try await body.next() {
                guard bytes.count + chunk.count <= limit else {
                    throw StorageError(
                        .tooLarge, .permanent, "the archive is larger than limits.inlineBytes", at: .destination)
                }
                bytes += chunk
            }
            return bytes
        }
        return RetrieveResult(
            size: Int64(bytes.count), sha256: SHA256Hasher.digest(of: bytes).hexadecimal,
            verified: data.range == nil, destination: .inline, inline: bytes)
    }

    /// In one delivery: what a server has got of a `PUT` cannot be gone on with.
    private func url(_ location: TaskURL, in context: OperationContext) async throws(StorageError) -> RetrieveResult {
        let destination = try context.locations.destination(
            location, limit: context.patience, meter: context.meter)
        context.meter?.awaits(.driver)
        do throws(StorageError) {
            let sent = try await context.storage.withArchive(data.archive, range: data.range) {
                (body, handle) async throws(StorageError) -> (size: Int64, sha256: String) in
                let size = data.range.map { $0.length ?? handle.size - $0.offset } ?? handle.size
                let digest = try await destination.put(
                    metered(body, context.meter), size: size, hashes: data.range != nil)
                return (size, digest?.hexadecimal ?? handle.sha256)
            }
            return RetrieveResult(
                size: sent.size, sha256: sent.sha256, verified: data.range == nil, destination: data.destination)
        } catch {
            // Holding the same bytes already is success, here too; a server that has them may not take them twice.
            guard error.code == .conflict, error.place == .destination, data.range == nil,
                let handle = try await context.storage.stat(data.archive),
                let result = await standing(
                    handle.sha256, handle.size, spool: context.spool, blocking: context.blocking,
                    locations: context.locations, meter: context.meter)
            else { throw error }
            return result
        }
    }

    private func file(_ path: String, in context: OperationContext) async throws(StorageError) -> RetrieveResult {
        guard data.range != nil else {
            let handle = try await FileRetrieval(path: path, archive: data.archive, context: context).run()
            return RetrieveResult(
                size: handle.size, sha256: handle.sha256, verified: true, destination: .file(path))
        }
        context.meter?.awaits(.destination)
        let target = try await spool(context.blocking) { [spool = context.spool] () throws(SpoolError) in
            try spool.create(path)
        }
        let written: (size: Int64, digest: SHA256Digest)
        context.meter?.awaits(.driver)
        do throws(StorageError) {
            written = try await context.storage.withArchive(data.archive, range: data.range) {
                (body, _) async throws(StorageError) -> (size: Int64, digest: SHA256Digest) in
                let body = metered(body, context.meter)
                var hasher = SHA256Hasher()
                var size: Int64 = 0
                while let chunk = try await body.next() {
                    hasher.update(chunk)
                    size += Int64(chunk.count)
                    try await self.spool(context.blocking) { () throws(SpoolError) in try target.write(chunk) }
                }
                return (size, hasher.finalize())
            }
        } catch {
            await context.blocking.run { target.discard() }
            throw error
        }
        // Holding the same bytes already is success; other bytes are never replaced.
        _ = try await spool(context.blocking) { [meter = context.meter] () throws(SpoolError) in
            try target.publish { meter?.worked() }
        }
        return RetrieveResult(
            size: written.size, sha256: written.digest.hexadecimal, verified: false, destination: .file(path))
    }

    /// The result, if the destination already holds what was asked for; only a handle says what that is.
    ///
    /// A URL is asked with `GET`: many a server that takes archives does not give them, and then nothing is known.
    func standingResult(
        spool: SpoolRoots, blocking: BlockingPool, locations: Locations, meter: TransferMeter? = nil
    ) async -> TaskResult? {
        guard data.range == nil, let sha256 = data.archive.sha256, let size = data.archive.size else { return nil }
        return await standing(
            sha256, size, spool: spool, blocking: blocking, locations: locations, meter: meter
        ).map { .retrieve($0) }
    }

    private func standing(
        _ sha256: String, _ size: Int64, spool: SpoolRoots, blocking: BlockingPool, locations: Locations,
        meter: TransferMeter?
    ) async -> RetrieveResult? {
        let standing: (any ArchiveSource)?
        switch data.destination {
        case .inline: standing = nil
        case .file(let path): standing = SpoolSource(path: path, roots: spool, blocking: blocking)
        case .url(let url):
            standing = try? locations.source(url, isProved: true, limit: TaskWatch.look, meter: meter)
        }
        meter?.awaits(.destination)
        guard let body = try? await standing?.open() else { return nil }
        let isWhole = body.size ?? size == size ? await body.has(sha256, size, meter) : false
        await body.close()
        guard isWhole else { return nil }
        return RetrieveResult(size: size, sha256: sha256, verified: true, destination: data.destination)
    }

    private func metered(_ body: any ArchiveBody, _ meter: TransferMeter?) -> any ArchiveBody {
        guard let meter else { return body }
        return MeteredBody(body, meter, from: .driver, to: .destination)
    }

    private func spool<Value: Sendable>(
        _ blocking: BlockingPool, _ body: @escaping @Sendable () throws(SpoolError) -> Value
    ) async throws(StorageError) -> Value {
        do throws(SpoolError) { return try await blocking.run(body) } catch {
            throw error.storageError(at: .destination)
        }
    }
}

extension ArchiveBody {
    /// Whether it brings so many bytes of that digest.
    fileprivate func has(_ sha256: String, _ size: Int64, _ meter: TransferMeter?) async -> Bool {
        var hasher = SHA256Hasher()
        var count: Int64 = 0
        do throws(StorageError) {
            while count <= size, let chunk = try await next() {
                hasher.update(chunk)
                count += Int64(chunk.count)
                meter?.worked()
            }
        } catch {
            return false
        }
        let digest = hasher.finalize().hexadecimal
        return count == size && digest.utf8.elementsEqual(sha256.utf8)
    }
}
