import Cryptography
import Storage
import StowageContract
import XML

/// One entry of a listing: an object, one of its versions, or a marker of its deletion.
struct S3Entry: Sendable {
    var key: String
    var size: Int64
    var etag: String?
    var modified: Timestamp
    var version: String?
    var isMarker = false
}

/// A page of a listing.
struct S3Page: Sendable {
    var entries: [S3Entry]
    /// Where the next page begins; `nil`: this was the last one.
    var next: Next?

    enum Next: Sendable {
        case token(String)
        case marker(key: String, version: String?)
    }

    /// A page of `ListObjectsV2`, whose keys are URL-encoded.
    init(objects root: XMLElement) throws(StorageError) {
        entries = []
        for element in root.all("Contents") { entries.append(try S3Entry(element)) }
        if root["IsTruncated"]?.text == "true" {
            guard let token = root["NextContinuationToken"]?.text else {
                throw S3Page.unreadable("no continuation token")
            }
            next = .token(token)
        }
    }

    /// A page of `ListObjectVersions`: keys in byte order, the versions of each from the newest to the oldest.
    init(versions root: XMLElement) throws(StorageError) {
        entries = []
        for element in root.children where element.name == "Version" || element.name == "DeleteMarker" {
            entries.append(try S3Entry(element))
        }
        if root["IsTruncated"]?.text == "true" {
            guard let key = root["NextKeyMarker"]?.text else { throw S3Page.unreadable("no next marker") }
            next = .marker(key: try S3Page.decoded(key), version: root["NextVersionIdMarker"]?.text)
        }
    }

    static func unreadable(_ problem: String) -> StorageError {
        StorageError(
            .unavailable, .transient(after: nil), "the answer of the store cannot be read",
            context: ["problem": problem])
    }

    /// A key out of a listing that was asked for in URL encoding.
    static func decoded(_ text: String) throws(StorageError) -> String {
        guard let key = String(validating: PercentDecoding.decode(text.utf8, plusIsSpace: true), as: UTF8.self) else {
            throw unreadable("a key that is no text")
        }
        return key
    }
}

extension S3Entry {
    fileprivate init(_ element: XMLElement) throws(StorageError) {
        guard let key = element["Key"]?.text, let modified = element["LastModified"].flatMap({ Timestamp($0.text) })
        else { throw S3Page.unreadable("an entry without key or time") }
        self.init(
            key: try S3Page.decoded(key), size: element["Size"].flatMap { Int64($0.text) } ?? 0,
            etag: element["ETag"].map { S3Object.bareTag($0.text) }, modified: modified,
            version: S3Object.realVersion(element["VersionId"]?.text), isMarker: element.name == "DeleteMarker")
    }
}

/// An upload that was begun and not completed.
struct S3Upload: Sendable, Equatable {
    var key: String
    var id: String
    var initiated: Timestamp
}

/// A part that the store has.
struct S3StoredPart: Sendable {
    var number: Int
    var size: Int64
    var etag: String
    /// A checksum under the name of its element.
    var checksum: (element: String, value: String)?
}
