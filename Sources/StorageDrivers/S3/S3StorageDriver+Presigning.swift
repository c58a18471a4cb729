package import Storage

extension S3StorageDriver: Presigning {
    package func presign(
        _ key: ArchiveKey, version: String?, expiresSeconds seconds: Int
    ) async throws(StorageError) -> PresignedURL {
        var version = version
        if version == nil, facts.isVersioned { version = try await firstVersion(of: key.text)?.version }
        return try await bucket.client.presign(key.text, S3Bucket.version(version), expiresSeconds: seconds)
    }
}
