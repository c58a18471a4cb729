public import StrictCoding

extension StorageTask {
    /// The task as a message body, every member present.
    public func encoded() -> [UInt8] { JSONWriter.bytes(of: json) }

    /// The routing key under which the task is published: `<driver>.<operation>`.
    public var routingKey: String { "\(driver.text).\(operation.rawValue)" }

    /// The task as a tree.
    public var json: JSONValue {
        JSONValue(members: [
            "version": 1, "id": .string(id.text), "operation": .string(operation.rawValue),
            "driver": .string((bodyDriver ?? driver).text), "fallbacks": fallbacks.map { JSONValue($0) } ?? .null,
            "data": .object(JSONObject(unique: data.members + [.init("labels", JSONValue(labels))])),
            "options": options.json,
        ])
    }
}

extension TaskOptions {
    fileprivate var json: JSONValue {
        JSONValue(members: [
            "timeoutSeconds": JSONValue(timeoutSeconds), "maxAttempts": JSONValue(maxAttempts),
            "notBefore": JSONValue(notBefore), "deadline": JSONValue(deadline), "progress": .bool(progress),
        ])
    }
}

extension TaskData {
    fileprivate var members: [JSONObject.Member] {
        switch self {
        case .store(let data): data.members
        case .retrieve(let data):
            [
                data.archive.member, .init("destination", data.destination.json),
                .init(
                    "range",
                    data.range.map {
                        JSONValue(members: ["offset": .integer($0.offset), "length": JSONValue($0.length)])
                    } ?? .null),
            ]
        case .delete(let data):
            [data.archive.member, .init("strict", .bool(data.strict)), .init("reason", JSONValue(data.reason))]
        case .stat(let archive): [archive.member]
        case .list(let data):
            [
                .init("prefix", .string(data.prefix)), .init("after", JSONValue(data.after)),
                .init("limit", JSONValue(data.limit)),
            ]
        case .verify(let data): [data.archive.member, .init("sha256", JSONValue(data.sha256))]
        case .copy(let data):
            [
                data.archive.member, .init("to", .string(data.to.text)), .init("path", JSONValue(data.path)),
                .init("removeSource", .bool(data.removeSource)),
            ]
        case .presign(let data): [data.archive.member, .init("expiresSeconds", JSONValue(data.expiresSeconds))]
        case .retain(let data):
            [
                data.archive.member, .init("retention", data.retention?.json ?? .null),
                .init("legalHold", data.legalHold.map { .bool($0) } ?? .null),
                .init("releases", JSONValue(data.releases.map(\.text))),
            ]
        case .check(let data): [.init("write", .bool(data.write)), .init("worm", .bool(data.worm))]
        case .capacity: []
        }
    }
}

extension StoreData {
    fileprivate var members: [JSONObject.Member] {
        let options = driverOptions.sorted { $0.key.text < $1.key.text }
        return [
            .init("name", .string(name)), .init("path", JSONValue(path)), .init("source", source.json),
            .init("size", JSONValue(size)), .init("sha256", JSONValue(sha256)),
            .init("mediaType", JSONValue(mediaType)), .init("metadata", JSONValue(metadata)),
            .init("retention", retention?.json ?? .null), .init("legalHold", .bool(legalHold)),
            .init("copies", JSONValue(copies)), .init("removeSource", .bool(removeSource)),
            .init(
                "driverOptions",
                .object(JSONObject(unique: options.map { JSONObject.Member($0.key.text, $0.value) }))),
        ]
    }
}

extension ArchiveReference {
    /// `key` or `handle`.
    fileprivate var member: JSONObject.Member {
        form == .key ? .init("key", .string(key)) : .init("handle", handleJSON)
    }

    fileprivate var handleJSON: JSONValue {
        JSONValue(members: [
            "driver": JSONValue(driver?.text), "key": .string(key), "size": JSONValue(size),
            "sha256": JSONValue(sha256), "version": JSONValue(version), "storeId": JSONValue(storeID),
        ])
    }
}

extension TaskSource {
    fileprivate var json: JSONValue {
        switch self {
        case .inline(let bytes): JSONValue(members: ["inline": .string(Base64.encode(bytes))])
        case .file(let path): JSONValue(members: ["file": .string(path)])
        case .url(let location): location.json
        case .handle(let reference): JSONValue(members: ["handle": reference.handleJSON])
        }
    }
}

extension TaskDestination {
    fileprivate var json: JSONValue {
        switch self {
        case .inline: JSONValue(members: ["inline": true])
        case .file(let path): JSONValue(members: ["file": .string(path)])
        case .url(let location): location.json
        }
    }
}

extension TaskURL {
    fileprivate var json: JSONValue {
        if let credentials {
            return JSONValue(members: ["url": .string(url), "credentials": .string(credentials)])
        }
        return JSONValue(members: ["url": .string(url), "headers": JSONValue(headers)])
    }
}
