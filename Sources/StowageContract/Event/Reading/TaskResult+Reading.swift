public import StrictCoding

extension TaskResult {
    /// The result of an `operation` that `json` shows; members that are not known are ignored.
    ///
    /// - Parameters:
    ///   - operation: What the task asked for.
    ///   - json: An object.
    ///   - path: Where it stands, for errors.
    /// - Throws: The member that is missing or of the wrong type.
    public init(of operation: Operation, json: JSONValue, path: String = "") throws(MemberProblem) {
        var reader = try ObjectReader(json, path: path)
        switch operation {
        case .store: self = .store(try StoreResult(&reader))
        case .retrieve: self = .retrieve(try RetrieveResult(&reader))
        case .delete:
            self = .delete(
                DeleteResult(deleted: try reader.requiredBool("deleted"), absent: try reader.requiredBool("absent")))
        case .stat: self = .stat(StatResult(handle: try reader.value("handle", ArchiveHandle.init(json:path:))))
        case .list:
            self = .list(
                ListResult(
                    archives: try reader.list("archives", ListResult.Entry.init(json:path:)),
                    next: try reader.string("next")))
        case .verify:
            self = .verify(
                VerifyResult(
                    state: try reader.requiredChoice("state", as: VerifyResult.State.self),
                    expectedSHA256: try reader.sha256("expectedSha256"),
                    actualSHA256: try reader.sha256("actualSha256")))
        case .copy: self = .copy(handle: try reader.requiredValue("handle", ArchiveHandle.init(json:path:)))
        case .presign:
            self = .presign(
                expiresAt: try reader.requiredTimestamp("expiresAt"), url: try reader.string("url"))
        case .retain:
            self = .retain(
                retention: try reader.value("retention", Retention.init(json:path:)),
                legalHold: try reader.requiredBool("legalHold"))
        case .check: self = .check(CheckResult(steps: try reader.list("steps", CheckResult.Step.init(json:path:))))
        case .capacity: self = .capacity(try StoreCapacity(json: json, path: path))
        }
    }
}

extension StoreResult {
    fileprivate init(_ reader: inout ObjectReader) throws(MemberProblem) {
        self.init(
            handle: try reader.requiredValue("handle", ArchiveHandle.init(json:path:)),
            alreadyPresent: try reader.requiredBool("alreadyPresent"),
            verified: try reader.choice("verified", as: Verification.self),
            exclusive: try reader.requiredChoice("exclusive", as: Exclusivity.self),
            durability: try reader.requiredChoice("durability", as: Durability.self),
            retention: try reader.value("retention", Retention.init(json:path:)),
            copies: try reader.list("copies", CopyOutcome.init(json:path:)),
            otherCopies: try reader.list("otherCopies", ArchiveHandle.init(json:path:)),
            possibleCopies: try reader.drivers("possibleCopies") ?? [],
            sourceBytes: try reader.requiredInteger("sourceBytes"),
            resumedBytes: try reader.requiredInteger("resumedBytes"), slices: Int(try reader.requiredInteger("slices")))
    }
}

extension RetrieveResult {
    fileprivate init(_ reader: inout ObjectReader) throws(MemberProblem) {
        let inline = try reader.string("inline")
        let bytes = inline.flatMap(Base64.decode)
        if inline != nil, bytes == nil { throw reader.problem("inline", "must be base64 (RFC 4648)") }
        self.init(
            size: try reader.requiredInteger("size"), sha256: try reader.requiredSHA256("sha256"),
            verified: try reader.requiredBool("verified"),
            destination: try reader.requiredValue("destination", TaskDestination.init(shown:path:)), inline: bytes)
    }
}

extension TaskDestination {
    fileprivate init(shown json: JSONValue, path: String) throws(MemberProblem) {
        var reader = try ObjectReader(json, path: path)
        if let file = try reader.string("file") {
            self = .file(file)
        } else if let url = try reader.string("url") {
            self = .url(TaskURL(url: url))
        } else {
            _ = try reader.requiredBool("inline")
            self = .inline
        }
    }
}

extension CopyOutcome {
    fileprivate init(json: JSONValue, path: String) throws(MemberProblem) {
        var reader = try ObjectReader(json, path: path)
        let driver = try reader.requiredDriver("driver")
        if let handle = try reader.value("handle", ArchiveHandle.init(json:path:)) {
            self = .stands(driver: driver, handle: handle)
        } else {
            self = .missing(
                driver: driver, error: try reader.requiredValue("error", ErrorReport.init(json:path:)),
                followUp: try reader.taskID("followUp"))
        }
    }
}

extension ListResult.Entry {
    fileprivate init(json: JSONValue, path: String) throws(MemberProblem) {
        var reader = try ObjectReader(json, path: path)
        self.init(
            key: try reader.requiredString("key"), size: try reader.requiredInteger("size"),
            storedAt: try reader.requiredTimestamp("storedAt"), taskID: try reader.taskID("taskId"))
    }
}

extension CheckResult.Step {
    fileprivate init(json: JSONValue, path: String) throws(MemberProblem) {
        var reader = try ObjectReader(json, path: path)
        self.init(
            name: try reader.requiredChoice("name", as: Name.self),
            outcome: try reader.requiredChoice("outcome", as: Outcome.self),
            milliseconds: try reader.requiredInteger("milliseconds"),
            error: try reader.value("error", ErrorReport.init(json:path:)))
    }
}

extension StoreCapacity {
    init(json: JSONValue, path: String) throws(MemberProblem) {
        var reader = try ObjectReader(json, path: path)
        self.init(
            totalBytes: try reader.integer("totalBytes"), usedBytes: try reader.integer("usedBytes"),
            freeBytes: try reader.integer("freeBytes"))
    }
}
