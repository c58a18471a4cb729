public import StrictCoding

extension TaskResult {
    /// The result as events show it, every member present.
    public var json: JSONValue {
        switch self {
        case .store(let result): result.json
        case .retrieve(let result):
            JSONValue(members: [
                "size": .integer(result.size), "sha256": .string(result.sha256), "verified": .bool(result.verified),
                "destination": result.destination.shown, "inline": JSONValue(result.inline.map(Base64.encode)),
            ])
        case .delete(let result):
            JSONValue(members: ["deleted": .bool(result.deleted), "absent": .bool(result.absent)])
        case .stat(let result):
            JSONValue(members: ["exists": .bool(result.exists), "handle": result.handle?.json ?? .null])
        case .list(let result):
            JSONValue(members: ["archives": .array(result.archives.map(\.json)), "next": JSONValue(result.next)])
        case .verify(let result):
            JSONValue(members: [
                "state": .string(result.state.rawValue), "expectedSha256": JSONValue(result.expectedSHA256),
                "actualSha256": JSONValue(result.actualSHA256),
            ])
        case .copy(let handle): JSONValue(members: ["handle": handle.json])
        case .presign(let expiresAt, let url):
            JSONValue(members: ["expiresAt": JSONValue(expiresAt), "url": JSONValue(url)])
        case .retain(let retention, let legalHold):
            JSONValue(members: ["retention": retention?.json ?? .null, "legalHold": .bool(legalHold)])
        case .check(let result):
            JSONValue(members: ["ok": .bool(result.ok), "steps": .array(result.steps.map(\.json))])
        case .capacity(let capacity): capacity.json
        }
    }
}

extension StoreResult {
    var json: JSONValue {
        JSONValue(members: [
            "handle": handle.json, "alreadyPresent": .bool(alreadyPresent), "verified": JSONValue(verified?.rawValue),
            "exclusive": .string(exclusive.rawValue), "durability": .string(durability.rawValue),
            "retention": retention?.json ?? .null, "copies": .array(copies.map(\.json)),
            "otherCopies": .array(otherCopies.map(\.json)), "possibleCopies": JSONValue(possibleCopies),
            "sourceBytes": .integer(sourceBytes), "resumedBytes": .integer(resumedBytes), "slices": JSONValue(slices),
        ])
    }
}

extension CopyOutcome {
    var json: JSONValue {
        switch self {
        case .stands(let driver, let handle):
            JSONValue(members: ["driver": .string(driver.text), "handle": handle.json])
        case .missing(let driver, let error, let followUp):
            JSONValue(members: [
                "driver": .string(driver.text), "error": error.json, "followUp": JSONValue(followUp?.text),
            ])
        }
    }
}

extension ListResult.Entry {
    var json: JSONValue {
        JSONValue(members: [
            "key": .string(key), "size": .integer(size), "storedAt": JSONValue(storedAt),
            "taskId": JSONValue(taskID?.text),
        ])
    }
}

extension CheckResult.Step {
    var json: JSONValue {
        JSONValue(members: [
            "name": .string(name.rawValue), "outcome": .string(outcome.rawValue),
            "milliseconds": .integer(milliseconds),
            "error": error?.json ?? .null,
        ])
    }
}

extension StoreCapacity {
    /// The capacity as events show it, every member present.
    public var json: JSONValue {
        JSONValue(members: [
            "totalBytes": JSONValue(totalBytes), "usedBytes": JSONValue(usedBytes), "freeBytes": JSONValue(freeBytes),
        ])
    }
}

extension TaskDestination {
    /// The destination as events may show it: no header fields, and of a URL neither user nor query.
    var shown: JSONValue {
        switch self {
        case .inline: JSONValue(members: ["inline": true])
        case .file(let path): JSONValue(members: ["file": .string(path)])
        case .url(let location): JSONValue(members: ["url": .string(location.shownURL)])
        }
    }
}

extension TaskURL {
    /// The URL without what may be secret: user information, query and fragment.
    public var shownURL: String {
        let bytes = Array(url.utf8.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") })
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), bytes[colon...].starts(with: "://".utf8) else {
            return ""
        }
        let start = colon + 3
        let end = bytes[start...].firstIndex(of: UInt8(ascii: "/")) ?? bytes.count
        let host = bytes[start..<end].lastIndex(of: UInt8(ascii: "@")).map { $0 + 1 } ?? start
        return String(decoding: bytes[..<start] + bytes[host...], as: UTF8.self)
    }
}
