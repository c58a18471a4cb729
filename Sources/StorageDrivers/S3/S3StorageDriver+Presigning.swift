package import Storage
import StowageContract

extension S3StorageDriver: Presigning {
    package func presign(
        _ key: ArchiveKey, version: String?, expiresSeconds seconds: Int
    ) async throws(StorageError) -> PresignedURL {
        guard canPresign else {
            throw StorageError(.unsupported, .permanent, "what a customer's key encrypts has no URL that works alone")
        }
        var version = version
        if version == nil, facts.isVersioned { version = try await firstVersion(of: key.text)?.version }
        return try await bucket.client.presign(key.text, S3Bucket.version(version), expiresSeconds: seconds)
    }
}
