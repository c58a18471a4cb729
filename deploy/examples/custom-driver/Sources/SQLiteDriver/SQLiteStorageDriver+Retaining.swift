public import Storage
import StowageContract
import StrictCoding

// SQLite enforces no retention. Stowage does, by the manifest and by records like these beside it.
extension SQLiteStorageDriver: Retaining {
    public func retain(_ request: RetainRequest) async throws(StorageError) -> RetentionState {
        let record = ProtectionRecord(request, at: now())
        return try await database.writing { connection throws(StorageError) in
            guard let (stored, _) = try connection.archive(request.key) else {
                throw StorageError(.notFound, .permanent, "there is no such archive")
            }
            // A redelivered task finds its own record.
            if let earlier = try connection.records(request.key).first(where: { $0.taskID == request.taskID }) {
                guard earlier.saysTheSame(as: record) else {
                    throw StorageError(.conflict, .permanent, "the task has left another retention record")
                }
                return stored.protection
            }
            try stored.protection.checkExtension(request.retention)
            try connection.run(
                "INSERT INTO protection VALUES (?, ?, ?)", .text(request.key.text), .text(request.taskID.text),
                .bytes(JSONWriter.bytes(of: record.json)))
            return RetentionState(stored.manifest, try connection.records(request.key))
        }
    }
}
