import Cryptography
import Storage

/// Where the archive of a `retrieve` goes by URL.
protocol LocationDestination: Sendable {
    /// Sends exactly `size` bytes, which count as a whole only once `body` has come to its end.
    ///
    /// The caller closes `body`.
    /// - Returns: their digest, where it `hashes` them.
    /// - Throws: errors `at: .destination`, and what `body` throws; ambiguous where the server may have all of it.
    func put(_ body: any ArchiveBody, size: Int64, hashes: Bool) async throws(StorageError) -> SHA256Digest?
}
