public import StowageContract
public import StrictCoding

/// One immutable record of a `retain`, for stores without a retention of their own (`.stowage-retain-<task id>.json`).
public struct ProtectionRecord: Sendable, Equatable {
    /// Who asked; names the record and its hold.
    public var taskID: TaskID
    /// When it was written.
    public var at: Timestamp
    /// The retention that it adds.
    public var retention: Retention?
    /// Whether it holds the archive until another record releases it.
    public var hold: Bool
    /// Whose holds it ends.
    public var releases: [TaskID]

    /// The record that a request asks for.
    public init(_ request: RetainRequest, at time: Timestamp) {
        self.taskID = request.taskID
        self.at = time
        self.retention = request.retention
        self.hold = request.hold
        self.releases = request.releases
    }

    /// Whether both say the same, whenever they were written.
    public func saysTheSame(as other: ProtectionRecord) -> Bool {
        taskID == other.taskID && retention == other.retention && hold == other.hold && releases == other.releases
    }

    /// The record as a document.
    public var json: JSONValue {
        .object(
            JSONObject(unique: [
                .init("version", .integer(1)),
                .init("taskId", .string(taskID.text)),
                .init("at", .string(at.text)),
                .init("retention", retention?.json ?? .null),
                .init("hold", .bool(hold)),
                .init("releases", .array(releases.map { .string($0.text) })),
            ]))
    }

    /// The record in the bytes of a document.
    ///
    /// - Throws: `.unavailable` (transient): a record that cannot be read is never "none".
    public init(bytes: [UInt8]) throws(StorageError) {
        do {
            var reader = try ObjectReader(JSONParser.parse(bytes))
            guard let taskID = TaskID(try reader.require("taskId", reader.string("taskId"))) else {
                throw reader.problem("taskId", "is no task id")
            }
            guard let at = Timestamp(try reader.require("at", reader.string("at"))) else {
                throw reader.problem("at", "is no time")
            }
            self.taskID = taskID
            self.at = at
            self.retention = try Retention.recorded(reader.value("retention"), path: "retention")
            self.hold = try reader.bool("hold") ?? false
            self.releases = (try reader.array("releases") ?? []).compactMap { $0.string.flatMap { TaskID($0) } }
        } catch {
            throw StorageError(
                .unavailable, .transient(after: nil), "a retention record cannot be read",
                context: ["problem": "\(error)"])
        }
    }
}

extension ProtectionRecord {
    /// The record that a request adds to what stands; `nil`: the task's record stands already and says the same.
    ///
    /// To be called, and the record written, under one lock.
    ///
    /// - Throws: `.conflict` for what would loosen the protection, for another record of the same task, and for a hold
    ///   that was released before it was set: it would never stand.
    public static func next(
        for request: RetainRequest, manifest: Manifest?, records: [ProtectionRecord], at time: Timestamp
    ) throws(StorageError) -> ProtectionRecord? {
        let record = ProtectionRecord(request, at: time)
        if let earlier = records.first(where: { $0.taskID == request.taskID }) {
            guard earlier.saysTheSame(as: record) else {
                throw StorageError(.conflict, .permanent, "the task has left another retention record")
            }
            return nil
        }
        try RetentionState(manifest, records).checkExtension(request.retention)
        if request.hold, (records + [record]).contains(where: { $0.releases.contains(request.taskID) }) {
            throw StorageError(
                .conflict, .permanent, "the hold was released before it was set",
                context: ["hold": request.taskID.text])
        }
        return record
    }
}

extension RetentionState {
    /// What a manifest and the records beside it put in force.
    ///
    /// That is the latest `until`, the strictest mode, and every hold that no record releases. The hold of a manifest
    /// bears the name of the task that stored the archive; those of a copy keep the names that they had.
    public init(_ manifest: Manifest?, _ records: [ProtectionRecord]) {
        self.init()
        let all = [manifest?.retention].compactMap { $0 } + records.compactMap(\.retention)
        if let latest = all.max(by: { $0.until < $1.until }) {
            let isCompliance = all.contains { $0.mode == .compliance }
            retention = Retention(
                mode: isCompliance ? .compliance : latest.mode, until: latest.until, enforcedBy: .stowage)
        }
        var holders: [TaskID] = []
        if let manifest, manifest.legalHold {
            holders = manifest.holds.isEmpty ? [manifest.taskID] : manifest.holds
        }
        for record in records where record.hold && !holders.contains(record.taskID) { holders.append(record.taskID) }
        let released = Set(records.flatMap(\.releases))
        holds = holders.filter { !released.contains($0) }.sorted { $0.text < $1.text }
    }

    /// Refuses what would loosen this state.
    ///
    /// - Throws: `.conflict` for an earlier end or a weaker mode.
    public func checkExtension(_ asked: Retention?) throws(StorageError) {
        guard let asked, let current = retention else { return }
        guard asked.until >= current.until else {
            throw StorageError(
                .conflict, .permanent, "a retention can only be prolonged",
                context: ["until": current.until.text, "asked": asked.until.text])
        }
        guard !(current.mode == .compliance && asked.mode == .governance) else {
            throw StorageError(.conflict, .permanent, "a compliance retention cannot be loosened")
        }
    }
}
