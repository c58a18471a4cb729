import Cryptography
import FileSystem
import ServiceRuntime
import Storage

extension StagedArchive {
    private static let pieceBytes = 1 << 20

    /// Reads everything back, piece by piece, so that it can be seen to move and be stopped in between.
    ///
    /// - Throws: `.integrityMismatch` where it is not what the manifest says; `.cancelled`.
    func prove(
        _ manifest: Manifest, on pool: BlockingPool, _ worked: @Sendable () -> Void
    ) async throws(StorageError) {
        var hasher = SHA256Hasher()
        var offset: Int64 = 0
        while true {
            try StorageError.checkCancellation()
            let (file, start) = (file.file, offset)
            let piece = try await pool.run { () throws(StorageError) in
                try mapped { () throws(FileSystemError) in try file.read(at: start, count: Self.pieceBytes) }
            }
            guard !piece.isEmpty else { break }
            hasher.update(piece)
            offset += Int64(piece.count)
            worked()
        }
        try compare(hasher.finalize().hexadecimal, with: manifest)
    }
}
