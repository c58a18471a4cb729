import Cryptography
import Storage
import StowageContract
import Transfer

/// One version of an object, as the head of an answer describes it.
struct S3Object: Sendable {
    /// Where the manifest of an archive stands.
    enum ManifestPlace: Equatable {
        /// In the object's own metadata.
        case inside(Manifest)
        /// In an object of its own in the same folder, of that name.
        case beside(String)
        /// Nowhere: somebody else has put the object there.
        case nowhere
    }

    var size: Int64
    var modified: Timestamp?
    var etag: String?
    var version: String?
    var storageClass: String?
    var retention: Retention?
    var isHeld: Bool
    var manifest: ManifestPlace
    /// Of a manifest that stands beside: the upload whose archive it belongs to.
    var uploadID: String?

    /// - Throws: `.unavailable` where there is a manifest that cannot be read.
    init(_ headers: TransferHeaders) throws(StorageError) {
        size = headers["Content-Length"].flatMap { Int64($0) } ?? 0
        // Nobody writes years of two digits any more.
        modified = headers["Last-Modified"].flatMap { HTTPDate.milliseconds($0, now: 0) }
            .map { Timestamp(millisecondsSinceEpoch: $0) }
        etag = headers["ETag"].map { S3Object.bareTag($0) }
        version = S3Object.realVersion(headers["x-amz-version-id"])
        storageClass = S3Object.realClass(headers["x-amz-storage-class"])
        isHeld = headers["x-amz-object-lock-legal-hold"]?.uppercased() == "ON"
        if let mode = headers["x-amz-object-lock-mode"].flatMap({ Retention.Mode(rawValue: $0.lowercased()) }),
            let until = headers["x-amz-object-lock-retain-until-date"].flatMap({ Timestamp($0) })
        {
            retention = Retention(mode: mode, until: until, enforcedBy: .store)
        }
        uploadID = headers[S3ManifestHeader.upload]
        if let text = headers[S3ManifestHeader.inside] {
            manifest = .inside(try S3ManifestHeader.decode(text))
        } else {
            // A name of ours, or somebody else's header.
            let name = headers[S3ManifestHeader.beside].flatMap { name in
                name.utf8.starts(with: RecordName.reserved.utf8) && !name.utf8.contains(UInt8(ascii: "/")) ? name : nil
            }
            manifest = name.map { .beside($0) } ?? .nowhere
        }
    }

    /// Whether the store holds to a retention, or to a longer or stricter one.
    func isRetained(as wanted: Retention) -> Bool {
        guard let retention else { return false }
        return retention.until >= wanted.until && (retention.mode == wanted.mode || retention.mode == .compliance)
    }

    /// An entity tag without its quotes.
    static func bareTag(_ text: String) -> String {
        text.utf8.count >= 2 && text.first == "\"" && text.last == "\"" ? String(text.dropFirst().dropLast()) : text
    }

    /// A version that can be asked for; buckets without versions answer `null`, or nothing.
    static func realVersion(_ text: String?) -> String? {
        text == "null" || text?.isEmpty == true ? nil : text
    }

    /// A storage class that is worth telling.
    static func realClass(_ text: String?) -> String? {
        text == "STANDARD" || text?.isEmpty == true ? nil : text
    }
}

/// The manifest of an archive in the metadata of its object.
///
/// Metadata is known before the first byte is sent, and has 2 KiB at most (Amazon S3 User Guide, "Working with object
/// metadata"): manifests of archives that are sent in parts, and long ones, stand in an object of their own.
enum S3ManifestHeader {
    static let inside = "x-amz-meta-stowage-manifest"
    static let beside = "x-amz-meta-stowage-beside"
    static let upload = "x-amz-meta-stowage-upload"
    /// Tells one copy that the store has made from another.
    static let copy = "x-amz-meta-stowage-copy"
    /// The digest, for everybody else who looks at the object.
    static let sha256 = "x-amz-meta-sha256"
    /// What fits beside the names and the digest.
    private static let mostBytes = 1900

    /// The header's value; `nil`: the manifest does not fit.
    static func encode(_ manifest: Manifest) -> String? {
        let text = Base64.encode(manifest.bytes)
        return text.utf8.count <= mostBytes ? text : nil
    }

    /// - Throws: `.unavailable`: what cannot be read is never "none".
    static func decode(_ text: String) throws(StorageError) -> Manifest {
        guard let bytes = Base64.decode(text) else {
            throw StorageError(
                .unavailable, .transient(after: nil), "the manifest cannot be read",
                context: ["problem": "it is no base64"])
        }
        return try Manifest(bytes: bytes)
    }
}
