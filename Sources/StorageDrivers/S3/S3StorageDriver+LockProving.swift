package import Storage
package import StowageContract
import Transfer

/// There are stores that echo a lock and then overwrite, or let it be shortened.
extension S3StorageDriver: LockProving {
    package var lockMode: Retention.Mode { configuration.objectLock?.mode ?? .compliance }

    package func tryOverwriting(_ key: ArchiveKey, version: String?) async throws(StorageError) {
        let before = try await contents(key, version)
        let added: String?
        do throws(StorageError) {
            let answer = try await bucket.put(key.text, Array(before.reversed()) + [0])
            added = S3Object.realVersion(answer.headers["x-amz-version-id"])
        } catch {
            guard error.code == .permissionDenied || error.code == .conflict else { throw error }
            throw Self.refused
        }
        let after = try? await contents(key, version)
        if let added, added != version { try? await bucket.delete(key.text, version: added) }
        if after == before { throw Self.refused }
    }

    package func tryShortening(
        _ key: ArchiveKey, version: String?, until: Timestamp, mode: Retention.Mode
    ) async throws(StorageError) {
        do throws(StorageError) {
            try await bucket.retain(key.text, version: version, Retention(mode: mode, until: until))
        } catch {
            guard error.code == .permissionDenied || error.code == .conflict || error.code == .invalidTask else {
                throw error
            }
            throw Self.refused
        }
        let retention = try await bucket.head(key.text, version: version)?.retention
        if let retention, retention.until > until.wholeSecond { throw Self.refused }
    }

    private func contents(_ key: ArchiveKey, _ version: String?) async throws(StorageError) -> [UInt8] {
        guard let (_, bytes) = try await bucket.get(key.text, version: version) else {
            throw StorageError(.notFound, .permanent, "there is no such archive")
        }
        return bytes
    }

    private static let refused = StorageError(.retained, .permanent, "the store holds to the retention")
}
