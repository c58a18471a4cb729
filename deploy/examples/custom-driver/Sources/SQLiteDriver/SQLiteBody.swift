import Storage
import StowageContract
import Synchronization

/// The bytes of an archive, or a part of them; holds one chunk at a time.
final class SQLiteBody: ArchiveBody {
    let size: Int64?
    private let database: SQLiteDatabase
    private let upload: Int64
    private let end: Int64
    private let position: Mutex<Int64>

    init(_ database: SQLiteDatabase, upload: Int64, range: Range<Int64>) {
        self.database = database
        self.upload = upload
        self.size = Int64(range.count)
        self.end = range.upperBound
        self.position = Mutex(range.lowerBound)
    }

    func next() async throws(StorageError) -> [UInt8]? {
        let start = position.withLock { $0 }
        guard start < end else { return nil }
        let (upload, end) = (upload, end)
        let bytes = try await database.reading { connection throws(StorageError) in
            var bytes: [UInt8] = []
            try connection.run(
                """
                SELECT substr(bytes, ?2 - start + 1, ?3) FROM chunk
                WHERE upload = ?1 AND start <= ?2 ORDER BY start DESC LIMIT 1
                """, .integer(upload), .integer(start), .integer(end - start)
            ) { bytes = $0.bytes(0) }
            return bytes
        }
        guard !bytes.isEmpty else {
            throw StorageError(.unavailable, .transient(after: nil), "the archive was deleted while it was read")
        }
        position.withLock { $0 = start + Int64(bytes.count) }
        return bytes
    }

    func close() async {}
}
