package import ServiceRuntime
package import StowageContract
import StrictCoding

/// The keys of `type: s3`.
package struct S3Configuration: Decodable, Sendable {
    /// How written bytes are proved by what the store says of them.
    package enum Checksum: String, Sendable, CaseIterable {
        /// Not at all; archives are read back instead.
        case none
        /// The SHA-256 by which every payload is signed in the clear, where the store has shown that it refuses other
        /// bytes (`S3PayloadTrial`); else as `md5`.
        case signature
        /// `Content-MD5`, and the entity tags of objects and parts, which are MD5 without encryption by foreign keys.
        case md5
        /// `x-amz-checksum-crc32c`.
        case crc32c
        /// `x-amz-checksum-sha256`.
        case sha256
    }

    /// The retention that every archive gets whose task asks for none.
    package struct ObjectLock: Decodable, Sendable, Equatable {
        package var mode: Retention.Mode
        package var days: Int

        package init(mode: Retention.Mode, days: Int) {
            self.mode = mode
            self.days = days
        }
    }

    /// With which key the store encrypts.
    package enum Encryption: Sendable, Equatable {
        /// A key of the store's (`AES256`).
        case store
        /// A key in a key service (`aws:kms`); `nil`: the account's.
        case keyService(id: String?)
        /// A key that goes with every request (SSE-C): 32 bytes.
        case customer(key: Secret)
    }

    package var bucket: String
    /// `nil`: that of Amazon in `region`.
    package var endpoint: String?
    package var region = "us-east-1"
    package var accessKey: String?
    package var secretKey: Secret?
    package var sessionToken: Secret?
    /// A file in the form of `~/.aws/credentials`.
    package var credentialsFile: String?
    package var profile = "default"
    /// Whether the bucket stands in the path of a URL, not before the host.
    package var pathStyle: Bool
    package var checksum = Checksum.signature
    /// Whether `crc32c` and `sha256` follow their bytes (`aws-chunked`) instead of going before them in a header.
    package var trailingChecksum = false
    package var objectLock: ObjectLock?
    package var storageClass: String?
    package var encryption: Encryption?
    package var tags: [String: String] = [:]
    /// Archives of up to this many bytes are sent at once, longer ones in parts of this size, where that is enough.
    package var partSizeBytes = 8 << 20
    /// Certificates (PEM) to trust instead of the system's.
    package var ca: String?

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case bucket, endpoint, region, accessKey, secretKey, sessionToken, credentialsFile, profile, pathStyle, checksum
        case trailingChecksum, objectLock, storageClass, encryption, tags, partSizeBytes, ca
    }

    package init(bucket: String, endpoint: String? = nil) {
        self.bucket = bucket
        self.endpoint = endpoint
        self.pathStyle = endpoint != nil
    }

    package init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        let bucket = try keys.decode(String.self, forKey: .bucket)
        let endpoint = try keys.decodeIfPresent(String.self, forKey: .endpoint)
        self.init(bucket: bucket, endpoint: endpoint)
        guard S3Address.isBucketName(bucket) else {
            throw Self.problem(.bucket, "must be the name of a bucket: 3 to 255 of a-z, A-Z, 0-9, '.', '-', '_'")
        }
        region = try keys.decodeIfPresent(String.self, forKey: .region) ?? region
        guard region.utf8.allSatisfy({ $0.isLetterOrDigit || $0 == UInt8(ascii: "-") }), !region.isEmpty else {
            throw Self.problem(.region, "must be made of letters, digits and '-'")
        }
        accessKey = try keys.decodeIfPresent(String.self, forKey: .accessKey)
        secretKey = try keys.decodeIfPresent(Secret.self, forKey: .secretKey)
        sessionToken = try keys.decodeIfPresent(Secret.self, forKey: .sessionToken)
        guard (accessKey == nil) == (secretKey == nil) else {
            throw Self.problem(accessKey == nil ? .accessKey : .secretKey, "is missing: both keys belong together")
        }
        if sessionToken != nil, accessKey == nil {
            throw Self.problem(.sessionToken, "belongs to accessKey and secretKey")
        }
        credentialsFile = try keys.decodeIfPresent(String.self, forKey: .credentialsFile)
        if credentialsFile != nil, accessKey != nil {
            throw Self.problem(.credentialsFile, "cannot stand beside accessKey")
        }
        profile = try keys.decodeIfPresent(String.self, forKey: .profile) ?? profile
        pathStyle = try keys.decodeIfPresent(Bool.self, forKey: .pathStyle) ?? pathStyle
        if let text = try keys.decodeIfPresent(String.self, forKey: .checksum) {
            guard let known = Checksum(rawValue: text) else {
                throw Self.problem(.checksum, "must be one of none, signature, md5, crc32c, sha256")
            }
            checksum = known
        }
        trailingChecksum = try keys.decodeIfPresent(Bool.self, forKey: .trailingChecksum) ?? trailingChecksum
        if trailingChecksum, checksum.trailing == nil {
            throw Self.problem(.trailingChecksum, "belongs to checksum: crc32c or sha256")
        }
        objectLock = try keys.decodeIfPresent(ObjectLock.self, forKey: .objectLock)
        storageClass = try keys.decodeIfPresent(String.self, forKey: .storageClass)
        if let storageClass, !Self.isStorageClass(storageClass) {
            throw Self.problem(.storageClass, "must be made of A-Z, 0-9, '-' and '_'")
        }
        encryption = try keys.decodeIfPresent(Encryption.self, forKey: .encryption)
        tags = try keys.decodeIfPresent([String: String].self, forKey: .tags) ?? [:]
        if let problem = S3Tags.problem(of: tags) { throw Self.problem(.tags, problem) }
        partSizeBytes = try keys.decodeIfPresent(Int.self, forKey: .partSizeBytes) ?? partSizeBytes
        guard (S3PartPlan.leastPartBytes...S3PartPlan.mostBufferedBytes).contains(partSizeBytes) else {
            throw Self.problem(.partSizeBytes, "must be between 5242880 and \(S3PartPlan.mostBufferedBytes)")
        }
        ca = try keys.decodeIfPresent(String.self, forKey: .ca)
        do throws(S3Address.Problem) {
            _ = try S3Address(self)
        } catch {
            throw Self.problem(.endpoint, error.message)
        }
        let isInTheClear = endpoint?.utf8.starts(with: "http://".utf8) ?? false
        if case .customer = encryption, isInTheClear {
            throw Self.problem(.encryption, "would send its key in the clear: the endpoint is no https")
        }
        if trailingChecksum, isInTheClear {
            throw Self.problem(.trailingChecksum, "leaves the bytes unsigned: the endpoint is no https")
        }
    }

    static func isStorageClass(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 64
            && text.utf8.allSatisfy {
                $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z") || $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9")
                    || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
            }
    }

    private static func problem(_ key: CodingKeys, _ message: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: [key], debugDescription: key.rawValue + " " + message))
    }
}

extension S3Configuration.ObjectLock {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case mode, days
    }

    package init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        guard let mode = Retention.Mode(rawValue: try keys.decode(String.self, forKey: .mode)) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: [CodingKeys.mode], debugDescription: "mode must be governance or compliance"))
        }
        self.mode = mode
        days = try keys.decode(Int.self, forKey: .days)
        guard (1...36_500).contains(days) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: [CodingKeys.days], debugDescription: "days must be between 1 and 36500"))
        }
    }
}
