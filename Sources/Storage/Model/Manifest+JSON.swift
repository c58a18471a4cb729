import StowageContract
public import StrictCoding

extension Manifest {
    /// The version that is written; others are refused on reading.
    public static let version: Int64 = 1

    /// The manifest as the document that stands beside an archive.
    public var json: JSONValue {
        .object(
            JSONObject(unique: [
                .init("version", .integer(Self.version)),
                .init("taskId", .string(taskID.text)),
                .init("name", .string(name)),
                .init("size", .integer(size)),
                .init("sha256", .string(sha256)),
                .init("digests", .object(JSONObject(digests))),
                .init("mediaType", mediaType.map { .string($0) } ?? .null),
                .init("metadata", .object(JSONObject(metadata))),
                .init("storedAt", .string(storedAt.text)),
                .init("retention", retention?.json ?? .null),
                .init("legalHold", .bool(legalHold)),
                .init("holds", .array(holds.map { .string($0.text) })),
                .init("request", .object(request)),
                .init("fingerprint", .string(fingerprint)),
                .init("copiedFrom", copiedFrom ?? .null),
                .init("copiedBy", copiedBy.map { .string($0.text) } ?? .null),
            ]))
    }

    /// The document as bytes.
    public var bytes: [UInt8] { JSONWriter.bytes(of: json) }

    /// The manifest that a document holds; members of later versions are ignored.
    ///
    /// - Throws: a `MemberProblem` that says what is missing or wrong.
    public init(json: JSONValue) throws(MemberProblem) {
        var reader = try ObjectReader(json)
        let version = try reader.integer("version")
        guard version == Self.version else { throw reader.problem("version", "must be \(Self.version)") }
        guard let taskID = TaskID(try reader.require("taskId", reader.string("taskId"))) else {
            throw reader.problem("taskId", "is no task id")
        }
        let storedAt = try reader.require("storedAt", reader.string("storedAt"))
        guard let storedAt = Timestamp(storedAt) else { throw reader.problem("storedAt", "is no time") }
        self.init(
            taskID: taskID,
            name: try reader.require("name", reader.string("name")),
            size: try reader.require("size", reader.integer("size", in: 0 ... .max)),
            sha256: try reader.require("sha256", reader.string("sha256")),
            digests: try reader.texts("digests"),
            mediaType: try reader.string("mediaType"),
            metadata: try reader.texts("metadata"),
            storedAt: storedAt,
            retention: try Retention.recorded(reader.value("retention"), path: "retention"),
            legalHold: try reader.bool("legalHold") ?? false,
            holds: (try reader.array("holds") ?? []).compactMap { $0.string.flatMap { TaskID($0) } },
            request: try reader.require("request", reader.object("request")),
            fingerprint: try reader.require("fingerprint", reader.string("fingerprint")),
            copiedFrom: reader.value("copiedFrom"),
            copiedBy: try reader.string("copiedBy").flatMap { TaskID($0) })
    }

    /// The manifest in the bytes of a document.
    ///
    /// - Throws: `.unavailable` (transient): a manifest that cannot be read is never "none".
    public init(bytes: [UInt8]) throws(StorageError) {
        do {
            try self.init(json: JSONParser.parse(bytes))
        } catch {
            throw StorageError(
                .unavailable, .transient(after: nil), "the manifest cannot be read", context: ["problem": "\(error)"])
        }
    }
}

extension Retention {
    /// The retention that stands in a record at `path`; `nil` where there is none.
    static func recorded(_ json: JSONValue?, path: String) throws(MemberProblem) -> Retention? {
        guard let json else { return nil }
        return try Retention(json: json, path: path)
    }
}

extension JSONObject {
    /// An object of texts, in byte order of name.
    init(_ texts: [String: String]) {
        self.init(unique: texts.sorted { $0.key < $1.key }.map { Member($0.key, .string($0.value)) })
    }
}

extension ObjectReader {
    /// The texts of the object under `name`; empty where it is absent.
    fileprivate mutating func texts(_ name: String) throws(MemberProblem) -> [String: String] {
        var texts: [String: String] = [:]
        for member in try object(name)?.members ?? [] {
            guard case .string(let text) = member.value else {
                throw problem(name, "must hold texts, not \(member.value.kind)")
            }
            texts[member.name] = text
        }
        return texts
    }
}
