import Cryptography
import Storage
import StowageContract
import StrictCoding
import Transfer

extension S3Configuration.Checksum {
    /// What the store is told of a part, for it to refuse other bytes.
    func add(of part: S3Part, to headers: inout TransferHeaders) {
        switch self {
        case .none: break
        case .md5: headers.add("Content-MD5", Base64.encode(part.md5))
        case .crc32c, .sha256:
            guard let (name, value) = header(of: part) else { break }
            headers.add("x-amz-sdk-checksum-algorithm", self == .crc32c ? "CRC32C" : "SHA256")
            headers.add(name, value)
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
        case .md5:
            let isEncrypted =
                headers["x-amz-server-side-encryption-customer-algorithm"] != nil
                || headers["x-amz-server-side-encryption"].map { $0 != "AES256" } ?? false
            guard configuration.encryption?.keepsEntityTags ?? true, !isEncrypted, let etag = headers["ETag"] else {
                return false
            }
            return try compare(S3Object.bareTag(etag), with: part.etag)
        case .crc32c, .sha256:
            guard let (name, value) = header(of: part), let theirs = headers[name] else { return false }
            return try compare(theirs, with: value)
        }
    }

    /// The element of a part in the end of an upload.
    func element(of part: S3Part) -> (element: String, value: String)? {
        switch self {
        case .none, .md5: nil
        case .crc32c: ("ChecksumCRC32C", Base64.encode(part.crc32c))
        case .sha256: header(of: part).map { ("ChecksumSHA256", $0.value) }
        }
    }

    private func header(of part: S3Part) -> (name: String, value: String)? {
        switch self {
        case .none, .md5: nil
        case .crc32c: ("x-amz-checksum-crc32c", Base64.encode(part.crc32c))
        case .sha256: Hexadecimal.decode(part.sha256).map { ("x-amz-checksum-sha256", Base64.encode($0)) }
        }
    }

    private func compare(_ theirs: String, with ours: String) throws(StorageError) -> Bool {
        guard theirs.hasSameBytes(as: ours) else {
            throw StorageError(
                .integrityMismatch, .transient(after: nil), "the store has other bytes than it was sent",
                isAmbiguous: true, context: ["expected": ours, "actual": theirs])
        }
        return true
    }
}
