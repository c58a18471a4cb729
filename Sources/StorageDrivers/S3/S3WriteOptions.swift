import Cryptography
import Storage
import StowageContract
import StrictCoding
import Transfer
import XML

/// What an archive gets besides its bytes: from the configuration, or from the task's `driverOptions`.
struct S3WriteOptions: Sendable {
    var storageClass: String?
    var tags: [String: String]
    var retention: Retention?
    var isHeld: Bool

    /// The options of a write into a bucket that locks, or does not.
    init(_ request: WriteRequest, _ configuration: S3Configuration, at time: Timestamp) throws(StorageError) {
        let options = try S3DriverOptions(request.options)
        storageClass = options.storageClass ?? configuration.storageClass
        tags = configuration.tags.merging(options.tags) { $1 }
        retention = request.retention
        isHeld = request.legalHold
        if retention == nil, let lock = configuration.objectLock {
            let days = Int64(lock.days) * 86_400_000
            retention = Retention(
                mode: lock.mode, until: Timestamp(millisecondsSinceEpoch: time.millisecondsSinceEpoch + days))
        }
    }

    /// The headers of the request that makes the object; locks only where `locks`.
    func headers(_ request: WriteRequest, locks: Bool) -> TransferHeaders {
        var headers: TransferHeaders = []
        headers.add("Content-Type", S3WriteOptions.contentType(request.mediaType))
        if let storageClass { headers.add("x-amz-storage-class", storageClass) }
        if !tags.isEmpty { headers.add("x-amz-tagging", S3Tags.header(tags)) }
        guard locks else { return headers }
        if let retention {
            headers.add("x-amz-object-lock-mode", retention.mode.rawValue.uppercased())
            headers.add("x-amz-object-lock-retain-until-date", retention.until.wholeSecond.text)
        }
        if isHeld { headers.add("x-amz-object-lock-legal-hold", "ON") }
        return headers
    }

    /// Whether what was asked for is in force.
    func isMet(by object: S3Object) -> Bool {
        let isRetained = retention.map { object.isRetained(as: $0) } ?? true
        return isRetained && (object.isHeld || !isHeld)
    }

    /// - Throws: `.unsupported`: there are stores that say yes to a lock and lock nothing.
    func check(_ object: S3Object) throws(StorageError) {
        if let retention {
            guard object.isRetained(as: retention) else {
                throw StorageError(
                    .unsupported, .permanent, "the store did not put the retention in force",
                    context: ["asked": retention.until.text, "found": object.retention?.until.text ?? "none"])
            }
        }
        if isHeld, !object.isHeld {
            throw StorageError(.unsupported, .permanent, "the store did not put the legal hold in force")
        }
    }

    /// A media type that a header can carry.
    private static func contentType(_ mediaType: String?) -> String {
        guard let mediaType, mediaType.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
            return "application/octet-stream"
        }
        return mediaType
    }
}

/// The `driverOptions` of a task for a bucket.
struct S3DriverOptions: Sendable, Equatable {
    var storageClass: String?
    var tags: [String: String] = [:]

    /// - Throws: `.invalidTask` naming the member.
    init(_ options: JSONValue?) throws(StorageError) {
        guard let options else { return }
        do throws(MemberProblem) {
            var reader = try ObjectReader(options)
            storageClass = try reader.string("storageClass")
            if let storageClass, !S3Configuration.isStorageClass(storageClass) {
                throw reader.problem("storageClass", "must be made of A-Z, 0-9, '-' and '_'")
            }
            for member in try reader.object("tags")?.members ?? [] {
                guard case .string(let text) = member.value else { throw reader.problem("tags", "must hold texts") }
                tags[member.name] = text
            }
            if let problem = S3Tags.problem(of: tags) { throw reader.problem("tags", problem) }
            try reader.finish()
        } catch {
            throw StorageError(
                .invalidTask, .permanent, "the driverOptions cannot be used", at: .task,
                context: ["member": error.path, "problem": error.description])
        }
    }
}

/// Tags of objects: Amazon S3 User Guide, "Categorizing your objects using tags".
enum S3Tags {
    /// What is wrong; `nil`: nothing.
    static func problem(of tags: [String: String]) -> String? {
        if tags.count > 10 { return "must be at most 10" }
        for (name, value) in tags {
            if name.isEmpty || name.unicodeScalars.count > 128 { return "must have names of 1 to 128 characters" }
            if value.unicodeScalars.count > 256 { return "must have values of at most 256 characters" }
        }
        return nil
    }

    /// As the header of a write has them.
    static func header(_ tags: [String: String]) -> String {
        tags.sorted { $0.key < $1.key }
            .map {
                AWSEncoding.encode($0.key, keepingSlash: false) + "="
                    + AWSEncoding.encode($0.value, keepingSlash: false)
            }
            .joined(separator: "&")
    }
}

extension S3Bucket {
    /// Gives a version these tags, instead of those that it has.
    func tag(_ key: String, version: String?, _ tags: [String: String]) async throws(StorageError) {
        let document = try S3Document.make("Tagging") { writer throws(XMLError) in
            try writer.element("TagSet") { writer throws(XMLError) in
                for (name, value) in tags.sorted(by: { $0.key < $1.key }) {
                    try writer.element("Tag") { writer throws(XMLError) in
                        try writer.element("Key", name)
                        try writer.element("Value", value)
                    }
                }
            }
        }
        try await client.send(S3Call.document("PUT", key, [S3Query("tagging")] + Self.version(version), document))
    }
}

extension Timestamp {
    /// The first whole second that is not before it: stores keep no more.
    var wholeSecond: Timestamp {
        Timestamp(millisecondsSinceEpoch: (millisecondsSinceEpoch + 999) / 1000 * 1000)
    }
}
