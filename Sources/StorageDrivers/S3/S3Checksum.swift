import Cryptography
import Storage
import StowageContract
import StrictCoding
import Transfer

extension S3Configuration.Checksum {
    /// The one that can follow the bytes, with the names that it has before them too; `nil`: there is none.
    var trailing: TrailingChecksum? {
        switch self {
        case .none, .signature, .md5: nil
        case .crc32c: .crc32c
        case .sha256: .sha256
        }
    }

    /// What the store is told of a part, for it to refuse other bytes.
    func add(of part: S3Part, to headers: inout TransferHeaders) {
        switch self {
        case .none, .signature: break
        case .md5: headers.add("Content-MD5", Base64.encode(part.md5))
        case .crc32c, .sha256:
            guard let trailing, let value = value(of: part) else { break }
            headers.add(S3Client.checksumAlgorithm, trailing.algorithm)
            headers.add(trailing.trailer, value)
        }
    }

    /// Whether the answer proves that the store has the bytes of the part.
    ///
    /// - Throws: `.integrityMismatch` where it says that it has others.
    func isProved(
        _ part: S3Part, _ headers: TransferHeaders, _ configuration: S3Configuration
    ) throws(StorageError) -> Bool {
        switch self {
        case .none: return false
        // It has taken what was signed.
        case .signature: return true
        case .md5:
            let isEncrypted =
                headers["x-amz-server-side-encryption-customer-algorithm"] != nil
                || headers["x-amz-server-side-encryption"].map { $0 != "AES256" } ?? false
            guard configuration.encryption?.keepsEntityTags ?? true, !isEncrypted, let etag = headers["ETag"] else {
                return false
            }
            return try S3Part.compare(S3Object.bareTag(etag), with: part.etag)
        case .crc32c, .sha256:
            guard let trailing, let value = value(of: part), let theirs = headers[trailing.trailer] else {
                return false
            }
            return try S3Part.compare(theirs, with: value)
        }
    }

    /// The element of a part in the end of an upload.
    func element(of part: S3Part) -> (element: String, value: String)? {
        guard let trailing, let value = value(of: part) else { return nil }
        return (trailing.element, value)
    }

    /// The checksum of a part in base64; `nil`: stores know none of this name.
    private func value(of part: S3Part) -> String? {
        switch self {
        case .none, .signature, .md5: nil
        case .crc32c: Base64.encode(part.crc32c)
        case .sha256: Hexadecimal.decode(part.sha256).map { Base64.encode($0) }
        }
    }
}

extension S3Part {
    /// What the store says of bytes that it was sent, and what it should say.
    ///
    /// - Throws: `.integrityMismatch` where they differ.
    static func compare(_ theirs: String, with ours: String) throws(StorageError) -> Bool {
        guard theirs.hasSameBytes(as: ours) else {
            throw StorageError(
                .integrityMismatch, .transient(after: nil), "the store has other bytes than it was sent",
                isAmbiguous: true, context: ["expected": ours, "actual": theirs])
        }
        return true
    }
}
