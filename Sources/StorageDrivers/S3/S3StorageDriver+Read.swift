import Sharing
package import Storage
import StowageContract
import Transfer

extension S3StorageDriver {
    package func stat(_ key: ArchiveKey, version: String?) async throws(StorageError) -> StoredArchive? {
        guard let found = try await find(key, version: version) else { return nil }
        return try await archive(key, found)
    }

    package func read(
        _ key: ArchiveKey, version: String?, range: Range<Int64>?
    ) async throws(StorageError) -> any ArchiveBody {
        let absent = StorageError(.notFound, .permanent, "there is no such archive")
        var version = version
        if version == nil, facts.isVersioned {
            guard let first = try await firstVersion(of: key.text) else { throw absent }
            version = first.version
        }
        var headers = bucket.keyHeaders
        if let range {
            if range.isEmpty { return BytesBody([]) }
            headers.add("Range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)")
        }
        let call = S3Call("GET", key.text, S3Bucket.version(version), headers: headers)
        let response = try await bucket.client.open(call)
        guard response.head.status == (range == nil ? 200 : 206) else {
            await response.close()
            throw StorageError(
                .unavailable, .transient(after: nil), "the store answered with another part than it was asked for",
                context: ["status": String(response.head.status)])
        }
        return S3Body(response, call, count: range.map { Int64($0.count) })
    }

    /// The object that is the archive: the version that is asked for, or the first.
    func find(_ key: ArchiveKey, version: String?) async throws(StorageError) -> S3Object? {
        guard version == nil, facts.isVersioned else { return try await bucket.head(key.text, version: version) }
        guard let first = try await firstVersion(of: key.text) else { return nil }
        return try await bucket.head(key.text, version: first.version)
    }

    /// The oldest version that is there.
    func firstVersion(of key: String) async throws(StorageError) -> S3Entry? {
        try await bucket.allVersions(of: key).last
    }

    /// What an object is as an archive.
    func archive(_ key: ArchiveKey, _ object: S3Object) async throws(StorageError) -> StoredArchive {
        let manifest = try await manifest(of: key, object)
        return StoredArchive(
            key: key, size: object.size, manifest: manifest,
            protection: try await protection(of: key, object, manifest),
            version: object.version, etag: object.etag, tier: object.storageClass)
    }

    private func manifest(of key: ArchiveKey, _ object: S3Object) async throws(StorageError) -> Manifest? {
        switch object.manifest {
        case .inside(let manifest): return manifest
        case .nowhere: return nil
        case .beside(let name):
            guard let standing = try await standingManifest(key.s3Folder + name) else {
                throw StorageError(
                    .unavailable, .transient(after: nil), "the manifest of the archive is gone",
                    context: ["object": name])
            }
            return standing.manifest
        }
    }

    /// A manifest that stands in an object of its own.
    struct StandingManifest {
        var manifest: Manifest
        var version: String?
        /// The upload whose archive it belongs to.
        var uploadID: String?
        var modified: Timestamp?
    }

    func standingManifest(_ key: String) async throws(StorageError) -> StandingManifest? {
        var version: String?
        if facts.isVersioned {
            guard let first = try await firstVersion(of: key) else { return nil }
            version = first.version
        }
        guard let (object, bytes) = try await bucket.get(key, version: version) else { return nil }
        return StandingManifest(
            manifest: try Manifest(bytes: bytes), version: version ?? object.version, uploadID: object.uploadID,
            modified: object.modified)
    }
}

/// The bytes of an archive as they come.
private final class S3Body: ArchiveBody {
    let size: Int64?
    private let response: TransferResponse
    private let call: S3Call
    private let left: Guarded<Int64?>

    init(_ response: TransferResponse, _ call: S3Call, count: Int64?) {
        self.response = response
        self.call = call
        size = count ?? response.head.headers["Content-Length"].flatMap { Int64($0) }
        left = Guarded(size)
    }

    func next() async throws(StorageError) -> [UInt8]? {
        do throws(TransferError) {
            guard let chunk = try await response.next() else {
                guard left.withLock({ $0 ?? 0 }) == 0 else { throw wrongLength }
                return nil
            }
            let isTooMuch = left.withLock { left in
                if let before = left { left = before - Int64(chunk.count) }
                return left.map { $0 < 0 } ?? false
            }
            if isTooMuch { throw wrongLength }
            return chunk
        } catch {
            throw S3Errors.error(error, call)
        }
    }

    private var wrongLength: TransferError {
        TransferError(.peerClosed, "the store sent another number of bytes than it said")
    }

    func close() async { await response.close() }
}
