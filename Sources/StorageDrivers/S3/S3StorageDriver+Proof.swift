import Cryptography
import Storage
import StowageContract
import StrictCoding

extension S3StorageDriver {
    /// Proves a copy that the store has made by itself, as far as that is asked for.
    ///
    /// What a store says of its copy is what it said of the original: only its bytes tell.
    func proveCopy(
        _ request: WriteRequest, _ manifest: Manifest, version: String?
    ) async throws(StorageError) -> Verification? {
        guard request.verify == .server || request.verify == .reread else { return nil }
        try await reread(request, manifest, version: version)
        return .reread
    }

    /// Reads an archive of which nobody has been told yet, and removes it where it has other bytes than its manifest says.
    func reread(_ request: WriteRequest, _ manifest: Manifest, version: String?) async throws(StorageError) {
        var hasher = SHA256Hasher()
        let body = try await read(request.key, version: version, range: nil)
        do throws(StorageError) {
            while let chunk = try await body.next() {
                hasher.update(chunk)
                request.worked()
            }
            await body.close()
        } catch {
            await body.close()
            throw error
        }
        let actual = hasher.finalize().hexadecimal
        guard actual.hasSameBytes(as: manifest.sha256) else {
            try? await bucket.delete(request.key.text, version: version)
            throw StorageError(
                .integrityMismatch, .transient(after: nil), "what was written is not what the source should have",
                context: ["expected": manifest.sha256, "actual": actual])
        }
    }
}
