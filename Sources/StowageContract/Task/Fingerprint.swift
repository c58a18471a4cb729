public import StrictCoding

/// What makes two requests under one task id the same request.
///
/// Its SHA-256 over `canonicalBytes` is recorded with the archive; hashing is done where the digests are.
public struct Fingerprint: Sendable, Equatable {
    /// `operation`, `name`, `path`, `size`, `sha256`, `mediaType`, `metadata`, `retention`, `legalHold`, defaults filled in.
    public var request: JSONObject

    /// The fingerprint of a request from its parts.
    public init(
        operation: Operation, name: String, path: String?, size: Int64?, sha256: String?, mediaType: String?,
        metadata: [String: String], retention: Retention?, legalHold: Bool
    ) {
        request = JSONObject(unique: [
            .init("operation", .string(operation.rawValue)), .init("name", .string(name)),
            .init("path", JSONValue(path)), .init("size", JSONValue(size)), .init("sha256", JSONValue(sha256)),
            .init("mediaType", JSONValue(mediaType)), .init("metadata", JSONValue(metadata)),
            .init("retention", retention?.json ?? .null), .init("legalHold", .bool(legalHold)),
        ])
    }

    /// The fingerprint of a `store`.
    public init(_ store: StoreData) {
        self.init(
            operation: .store, name: store.name, path: store.path, size: store.size, sha256: store.sha256,
            mediaType: store.mediaType, metadata: store.metadata, retention: store.retention,
            legalHold: store.legalHold)
    }

    /// The fingerprint of a recorded request.
    public init(request: JSONObject) {
        self.request = request
    }

    /// The RFC 8785 form of the request.
    public var canonicalBytes: [UInt8] { JSONValue.object(request).canonical }

    /// The members in which two requests differ, in the order of the contract.
    public func differences(from other: Self) -> [String] {
        let names = request.members.map(\.name)
        let others = other.request.members.map(\.name).filter { name in !names.contains { $0.hasSameBytes(as: name) } }
        return (names + others).filter { request[$0] ?? .null != other.request[$0] ?? .null }
    }
}
