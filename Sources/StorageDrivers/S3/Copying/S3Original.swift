import Storage
import StowageContract
import Transfer

/// An object that the store is to copy by itself.
struct S3Original: Sendable {
    let bucket: String
    let key: String
    let version: String?
    let etag: String?
    let size: Int64

    /// `nil`: its bytes are unlocked by a key that no other request brings, or there is nothing to copy.
    init?(_ original: CopyOriginal, in driver: S3StorageDriver, size: Int64?) {
        if case .customer = driver.configuration.encryption { return nil }
        guard let size, size > 0 else { return nil }
        bucket = driver.configuration.bucket
        key = original.key.text
        version = original.version
        etag = original.etag
        self.size = size
    }

    /// What says where the bytes come from: this object as it was looked at, or these of its bytes.
    func headers(_ range: Range<Int64>? = nil) -> TransferHeaders {
        var source = "/" + AWSEncoding.encode(bucket + "/" + key, keepingSlash: true)
        if let version { source += "?versionId=" + AWSEncoding.encode(version, keepingSlash: false) }
        var headers: TransferHeaders = [("x-amz-copy-source", source)]
        if let etag { headers.add("x-amz-copy-source-if-match", "\"" + etag + "\"") }
        if let range { headers.add("x-amz-copy-source-range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)") }
        return headers
    }

    /// How so many bytes are cut: into parts as long as is wanted, or as their greatest number asks for.
    static func ranges(of size: Int64, wanted: Int64) -> [Range<Int64>] {
        let most = Int64(S3PartPlan.mostParts)
        let length = max(wanted, Int64(S3PartPlan.leastPartBytes), (size + most - 1) / most)
        return stride(from: 0, to: size, by: Int64.Stride(length)).map { $0..<min($0 + length, size) }
    }
}

extension S3Configuration {
    /// Whether requests that are signed with the one's credentials are those of the other's account, at the same store.
    ///
    /// What comes from a file, the environment or the machine is the same for both as long as both name the same.
    func hasAccount(of other: S3Configuration) -> Bool {
        endpoint == other.endpoint && region == other.region && accessKey == other.accessKey
            && secretKey == other.secretKey && sessionToken == other.sessionToken
            && credentialsFile == other.credentialsFile && profile == other.profile
    }
}

extension StorageError {
    private static let refusal = "copy"

    /// An error of a request for a copy: what it says of a condition, or of a key, is said of the original.
    func ofCopy() -> StorageError {
        var error = self
        switch code {
        case .conflict:
            error.code = .unavailable
            error.retry = .transient(after: nil)
            error.message = "the original has changed since it was looked at"
            error.place = .source
        case .notFound: error.place = .source
        case .unsupported, .permissionDenied: error.context["refused"] = Self.refusal
        default: break
        }
        return error
    }

    /// Whether the store does not want to copy: it may still take the bytes from us.
    var refusesCopy: Bool { context["refused"] == Self.refusal }
}
