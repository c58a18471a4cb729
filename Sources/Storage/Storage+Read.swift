package import StowageContract
import StrictCoding

extension Storage {
    /// What stands under the reference; `nil`: nothing.
    package func stat(_ reference: ArchiveReference) async throws(StorageError) -> ArchiveHandle? {
        let key = try key(of: reference)
        return try await withSlot { () async throws(StorageError) in
            guard let archive = try await driverStat(key, version: reference.version) else { return nil }
            return try handle(of: archive)
        }
    }

    /// Lends the bytes of an archive, or a part of them, together with its handle.
    ///
    /// Whole archives are proved: at the end `next` throws `.integrityMismatch` instead of returning `nil` where the
    /// bytes are not those recorded.
    package func withArchive<Value: Sendable>(
        _ reference: ArchiveReference, range: ByteRange? = nil,
        _ consume: @Sendable (any ArchiveBody, ArchiveHandle) async throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        let key = try key(of: reference)
        return try await withSlot { () async throws(StorageError) in
            let (body, handle) = try await open(key, reference, range)
            return try await lend(body, handle, to: consume)
        }
    }

    /// Closes `body` however `consume` ends.
    func lend<Value: Sendable>(
        _ body: any ArchiveBody, _ handle: ArchiveHandle,
        to consume: @Sendable (any ArchiveBody, ArchiveHandle) async throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        do throws(StorageError) {
            let value = try await consume(body, handle)
            await body.close()
            return value
        } catch {
            await body.close()
            throw error
        }
    }

    /// An archive of this storage as the source of another; its errors are `at: .source`.
    package func source(_ reference: ArchiveReference) -> any ArchiveSource {
        StoredSource(storage: self, reference: reference)
    }

    func open(
        _ key: ArchiveKey, _ reference: ArchiveReference, _ range: ByteRange?
    ) async throws(StorageError) -> (any ArchiveBody, ArchiveHandle) {
        let (manifest, handle) = try await find(key, reference)
        guard let range else { return (try await verifiedBody(key, reference.version, manifest), handle) }
        let bounds = try bounds(of: range, in: manifest.size)
        if bounds.isEmpty { return (BytesBody([]), handle) }
        let canSlice = capabilities.rangeRead
        let body = try await call(.read) { () async throws(StorageError) in
            try await driver.read(key, version: reference.version, range: canSlice ? bounds : nil)
        }
        return (canSlice ? body : SlicedBody(body, bounds), handle)
    }

    /// What is recorded of the archive that the reference means; throws where it is not there, or another one.
    func find(
        _ key: ArchiveKey, _ reference: ArchiveReference
    ) async throws(StorageError) -> (Manifest, ArchiveHandle) {
        guard let archive = try await driverStat(key, version: reference.version) else {
            throw StorageError(.notFound, .permanent, "there is no such archive")
        }
        let manifest = try manifest(of: archive)
        try check(reference, manifest)
        return (manifest, try handle(of: archive))
    }

    /// Throws where the archive is not the one that the task's handle describes.
    func check(_ reference: ArchiveReference, _ manifest: Manifest) throws(StorageError) {
        if let sha256 = reference.sha256, !sha256.hasSameBytes(as: manifest.sha256) {
            throw StorageError(
                .integrityMismatch, .permanent, "the archive is not the one that the handle describes",
                context: ["expected": sha256, "actual": manifest.sha256])
        }
        if let size = reference.size, size != manifest.size {
            throw StorageError(
                .integrityMismatch, .permanent, "the archive is not the one that the handle describes",
                context: ["expected": String(size), "actual": String(manifest.size)])
        }
    }

    private func bounds(of range: ByteRange, in size: Int64) throws(StorageError) -> Range<Int64> {
        let length = range.length ?? size - range.offset
        guard range.offset >= 0, range.offset <= size, length >= 0, length <= size - range.offset else {
            throw StorageError(
                .invalidTask, .permanent, "the range does not lie within the archive", at: .task,
                context: ["size": String(size)])
        }
        return range.offset..<range.offset + length
    }
}

/// An archive of a storage as a source.
private struct StoredSource: ArchiveSource {
    let storage: Storage
    let reference: ArchiveReference

    func open() async throws(StorageError) -> any ArchiveBody {
        do throws(StorageError) {
            let key = try storage.key(of: reference)
            let permit = try await storage.sourceLimit.permit()
            let (body, _) = try await storage.open(key, reference, nil)
            return PermittedBody(body, permit)
        } catch {
            throw error.at(.source)
        }
    }
}
