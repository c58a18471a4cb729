import StrictCoding

extension ObjectReader {
    /// The archive that `handle` or `key` names, of which there must be exactly one.
    mutating func archive() throws(MemberProblem) -> ArchiveReference {
        let key = try named("key", by: ArchiveName.normalisedKey)
        let handle = try reader("handle")
        switch (key, handle) {
        case (let key?, nil): return .key(key)
        case (nil, var handle?): return try handle.handleInTask()
        case (nil, nil):
            throw problem("key", "is missing, and handle as well; one of the two must say which archive is meant")
        default: throw problem("key", "and handle are both there; only one may say which archive is meant")
        }
    }

    /// What this handle in a task says; only `driver` and `key` must be there.
    mutating func handleInTask() throws(MemberProblem) -> ArchiveReference {
        let driver = try driver("driver")
        let key = try named("key", by: ArchiveName.normalisedKey)
        var reference = ArchiveReference(
            form: .handle, driver: try require("driver", driver), key: try require("key", key))
        reference.version = try text("version", bytes: 1024)
        reference.size = try integer("size", in: 0 ... .max)
        reference.sha256 = try sha256("sha256")
        reference.storeID = try text("storeId", bytes: 256)
        // The rest is for people and other programs: what counts is asked of the store.
        _ = try string("name")
        _ = try strings("digests", limit: 32)
        _ = try string("mediaType")
        _ = try timestamp("storedAt")
        _ = try taskID("taskId")
        _ = try string("etag")
        _ = try retention("retention")
        _ = try bool("legalHold")
        _ = try strings("metadata", limit: 256)
        _ = try string("tier")
        try finish()
        return reference
    }

    /// The retention under `name`.
    mutating func retention(_ name: String) throws(MemberProblem) -> Retention? {
        guard var reader = try reader(name) else { return nil }
        let mode = try reader.choice("mode", as: Retention.Mode.self)
        let until = try reader.timestamp("until")
        let enforcedBy = try reader.choice("enforcedBy", as: Retention.Enforcer.self)
        let retention = Retention(
            mode: try reader.require("mode", mode), until: try reader.require("until", until), enforcedBy: enforcedBy)
        try reader.finish()
        return retention
    }
}
