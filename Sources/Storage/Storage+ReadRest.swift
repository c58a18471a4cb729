package import Cryptography
package import StowageContract

extension Storage {
    /// Lends what lies behind the beginning of an archive that the caller has already, where ranges can be read.
    ///
    /// `begin` says what that is once the archive is known; without any byte it is the whole. Both together are proved: at
    /// the end `next` throws `.integrityMismatch` instead of returning `nil` where they are not the bytes recorded.
    package func withArchive<Value: Sendable>(
        _ reference: ArchiveReference,
        behind begin: @Sendable (ArchiveHandle) async throws(StorageError) -> PausedSHA256,
        _ consume: @Sendable (any ArchiveBody, ArchiveHandle) async throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        let key = try key(of: reference)
        return try await withSlot { () async throws(StorageError) in
            guard let archive = try await driverStat(key, version: reference.version) else {
                throw StorageError(.notFound, .permanent, "there is no such archive")
            }
            let manifest = try manifest(of: archive)
            try check(reference, manifest)
            let handle = try handle(of: archive)
            let beginning = try await begin(handle)
            let body = try await verifiedBody(key, reference.version, manifest, behind: beginning)
            do throws(StorageError) {
                let value = try await consume(body, handle)
                await body.close()
                return value
            } catch {
                await body.close()
                throw error
            }
        }
    }
}
