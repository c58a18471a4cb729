package import StowageContract

extension Storage {
    /// A URL with which one archive can be fetched until it expires.
    ///
    /// - Throws: `.unsupported` where the store gives out none; `.notFound`.
    package func presign(_ data: PresignData) async throws(StorageError) -> PresignedURL {
        let key = try key(of: data.archive)
        guard capabilities.presign, let presigning = driver as? any Presigning else {
            throw StorageError(.unsupported, .permanent, "the store gives out no URLs")
        }
        guard (1...604_800).contains(data.expiresSeconds) else {
            throw StorageError(.invalidTask, .permanent, "expiresSeconds must be between 1 and 604800", at: .task)
        }
        let version = data.archive.version
        return try await withSlot { () async throws(StorageError) in
            guard let archive = try await driverStat(key, version: version) else {
                throw StorageError(.notFound, .permanent, "there is no such archive")
            }
            try check(data.archive, try manifest(of: archive))
            return try await call(.presign) { () async throws(StorageError) in
                try await presigning.presign(key, version: version, expiresSeconds: data.expiresSeconds)
            }
        }
    }
}
