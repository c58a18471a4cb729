public import StowageContract
public import StrictCoding

/// What is left of a deleted archive (`.stowage-deleted.json`): who stored it, who deleted it, and why; no content.
public struct DeletionRecord: Sendable, Equatable {
    /// Everybody who stored an archive under the key or deleted one; stores of these tasks come too late.
    public var taskIDs: [TaskID]
    /// The time of the last deletion.
    public var at: Timestamp
    /// The reason of the last deletion.
    public var reason: String?

    /// The record of a deletion, which takes over what an earlier record names.
    public init(of manifest: Manifest?, _ request: DeleteRequest, at time: Timestamp, earlier: DeletionRecord?) {
        taskIDs = earlier?.taskIDs ?? []
        let folder = request.key.folderTask
        for id in [folder, manifest?.taskID, manifest?.copiedBy, request.taskID] {
            if let id, !taskIDs.contains(id) { taskIDs.append(id) }
        }
        at = time
        reason = request.reason
    }

    /// Whether a write of that task comes too late.
    public func refuses(_ taskID: TaskID) -> Bool { taskIDs.contains(taskID) }

    /// What a write gets that comes too late.
    public var refusal: StorageError {
        StorageError(
            .conflict, .permanent, "the archive of this task was deleted",
            context: ["deletedAt": at.text, "tasks": taskIDs.map(\.text).joined(separator: ", ")])
    }

    /// The record as a document.
    public var json: JSONValue {
        .object(
            JSONObject(unique: [
                .init("version", .integer(1)),
                .init("taskIds", .array(taskIDs.map { .string($0.text) })),
                .init("at", .string(at.text)),
                .init("reason", reason.map { .string($0) } ?? .null),
            ]))
    }

    /// The record in the bytes of a document.
    ///
    /// - Throws: `.unavailable` (transient): a record that cannot be read is never "none".
    public init(bytes: [UInt8]) throws(StorageError) {
        do {
            var reader = try ObjectReader(JSONParser.parse(bytes))
            guard let at = Timestamp(try reader.require("at", reader.string("at"))) else {
                throw reader.problem("at", "is no time")
            }
            self.taskIDs = (try reader.array("taskIds") ?? []).compactMap { $0.string.flatMap { TaskID($0) } }
            self.at = at
            self.reason = try reader.string("reason")
        } catch {
            throw StorageError(
                .unavailable, .transient(after: nil), "the record of a deletion cannot be read",
                context: ["problem": "\(error)"])
        }
    }
}
