public import Storage
import StowageContract
import StrictCoding

// SQLite enforces no retention. Stowage does, by the manifest and by records like these beside it.
extension SQLiteStorageDriver: Retaining {
    public func retain(_ request: RetainRequest) async throws(StorageError) -> RetentionState {
        let now = now()
        return try await database.writing { connection throws(StorageError) in
            guard let (stored, _) = try connection.archive(request.key) else {
                throw StorageError(.notFound, .permanent, "there is no such archive")
            }
            // A redelivered task finds its own record, and adds none.
            guard
                let record = try ProtectionRecord.next(
                    for: request, manifest: stored.manifest, records: try connection.records(request.key), at: now)
            else { return stored.protection }
            try connection.run(
                "INSERT INTO protection VALUES (?, ?, ?)", .text(request.key.text), .text(request.taskID.text),
                .bytes(JSONWriter.bytes(of: record.json)))
            return RetentionState(stored.manifest, try connection.records(request.key))
        }
    }
}
