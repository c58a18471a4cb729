public import StrictCoding

extension ArchiveHandle {
    /// The handle as events and tasks show it, every member present.
    public var json: JSONValue {
        JSONValue(members: [
            "driver": .string(driver.text), "key": .string(key), "name": .string(name), "size": .integer(size),
            "sha256": .string(sha256), "digests": JSONValue(digests), "mediaType": JSONValue(mediaType),
            "storedAt": JSONValue(storedAt), "taskId": .string(taskID.text), "version": JSONValue(version),
            "etag": JSONValue(etag), "storeId": JSONValue(storeID), "retention": retention?.json ?? .null,
            "legalHold": .bool(legalHold), "metadata": JSONValue(metadata), "tier": JSONValue(tier),
        ])
    }

    /// The handle that `json` shows; members that are not known are ignored.
    ///
    /// - Parameters:
    ///   - json: An object.
    ///   - path: Where it stands, for errors.
    /// - Throws: The member that is missing or of the wrong type.
    public init(json: JSONValue, path: String = "") throws(MemberProblem) {
        var reader = try ObjectReader(json, path: path)
        self.init(
            driver: try reader.requiredDriver("driver"),
            key: try reader.requiredString("key"),
            name: try reader.requiredString("name"),
            size: try reader.requiredInteger("size"), sha256: try reader.requiredSHA256("sha256"),
            storedAt: try reader.requiredTimestamp("storedAt"),
            taskID: try reader.requiredTaskID("taskId"))
        digests = try reader.strings("digests", limit: .max) ?? [:]
        mediaType = try reader.string("mediaType")
        version = try reader.string("version")
        etag = try reader.string("etag")
        storeID = try reader.string("storeId")
        retention = try reader.reader("retention").map { reader throws(MemberProblem) in try Retention(reader) }
        legalHold = try reader.bool("legalHold") ?? false
        metadata = try reader.strings("metadata", limit: .max) ?? [:]
        tier = try reader.string("tier")
    }
}

extension Retention {
    /// The retention as events and tasks show it, every member present.
    public var json: JSONValue {
        JSONValue(members: [
            "mode": .string(mode.rawValue), "until": JSONValue(until), "enforcedBy": JSONValue(enforcedBy?.rawValue),
        ])
    }

    /// The retention that `json` shows; members that are not known are ignored.
    ///
    /// - Parameters:
    ///   - json: An object.
    ///   - path: Where it stands, for errors.
    /// - Throws: The member that is missing or of the wrong type.
    public init(json: JSONValue, path: String = "") throws(MemberProblem) {
        try self.init(try ObjectReader(json, path: path))
    }

    init(_ object: ObjectReader) throws(MemberProblem) {
        var reader = object
        let mode = try reader.choice("mode", as: Mode.self)
        let until = try reader.requiredTimestamp("until")
        let enforcedBy = try reader.choice("enforcedBy", as: Enforcer.self)
        self.init(mode: try reader.require("mode", mode), until: until, enforcedBy: enforcedBy)
    }
}
