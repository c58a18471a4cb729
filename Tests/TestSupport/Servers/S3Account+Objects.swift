import Foundation

extension S3Account {
    /// An object as boto3 has read it.
    package struct Object: Sendable, Equatable, Decodable {
        package var size: Int
        /// In hexadecimal digits.
        package var sha256: String
        package var metadata: [String: String]
        /// `null` as text in a bucket that was versioned only later.
        package var version: String?
        package var mediaType: String?

        package init(
            size: Int, sha256: String, metadata: [String: String] = [:], version: String? = nil,
            mediaType: String? = nil
        ) {
            self.size = size
            self.sha256 = sha256
            self.metadata = metadata
            self.version = version
            self.mediaType = mediaType
        }
    }

    /// Makes a bucket with a name of its own, which begins with `purpose`, and returns it.
    ///
    /// With `objectLock` it is versioned too. By curl, which takes a twentieth of the time that Python takes to start.
    package func makeBucket(
        _ purpose: String = "bucket", versioned: Bool = false, objectLock: Bool = false
    ) async throws -> String {
        let name = "\(purpose)-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        try await curl("PUT", "/" + name, headers: objectLock ? ["x-amz-bucket-object-lock-enabled: true"] : [])
        if versioned, !objectLock {
            // curl 7.88 signs what comes after the question mark as it is: with the "=" that the store puts there.
            try await curl("PUT", "/\(name)?versioning=", body: Self.enabled, sha256: Self.digestOfEnabled)
        }
        return name
    }

    /// Reads an object to its end, where it is.
    package func object(_ key: String, in bucket: String, version: String? = nil) async throws -> Object {
        try await python(
            """
            bucket, key, version = arguments
            answer = s3.get_object(Bucket=bucket, Key=key, **({"VersionId": version} if version else {}))
            digest = sha256(answer["Body"])
            show({"size": answer["ContentLength"], "sha256": digest, "metadata": answer["Metadata"],
                  "version": answer.get("VersionId"), "mediaType": answer.get("ContentType")})
            """, bucket, key, version ?? "", as: Object.self)
    }

    /// The keys of a bucket, in the order of their bytes.
    package func keys(in bucket: String) async throws -> [String] {
        try await python(
            """
            pages = s3.get_paginator("list_objects_v2").paginate(Bucket=arguments[0])
            show([item["Key"] for page in pages for item in page.get("Contents", [])])
            """, bucket, as: [String].self)
    }

    /// The keys of multipart uploads that nobody has completed or aborted.
    package func uploads(in bucket: String) async throws -> [String] {
        try await python(
            """
            pages = s3.get_paginator("list_multipart_uploads").paginate(Bucket=arguments[0])
            show([item["Key"] for page in pages for item in page.get("Uploads", [])])
            """, bucket, as: [String].self)
    }

    /// One signed request by curl; returns the answer's body.
    ///
    /// Gives up after `seconds`, which is exit code 28. `sha256` is the body's, in hexadecimal digits:
    /// curl 7.88 does not send the header that S3 demands.
    ///
    /// - Throws: where the answer is no success.
    @discardableResult
    package func curl(
        _ method: String, _ path: String, headers: [String] = [], body: String? = nil,
        sha256: String = digestOfNothing, within seconds: Int = 60
    ) async throws -> String {
        var command = [
            "curl", "--silent", "--show-error", "--fail-with-body", "--max-time", "\(seconds)", "--request", method,
            "--aws-sigv4", "aws:amz:\(region):s3", "--user", "\(accessKey):\(secretKey)",
            "--header", "x-amz-content-sha256: \(sha256)",
        ]
        if let authorities { command += ["--cacert", authorities] }
        for header in headers { command += ["--header", header] }
        if let body {
            command += ["--data-binary", body]
        } else if method != "GET" {
            command += ["--header", "content-length: 0"]
        }
        return try await ChildProcess.run(command + [endpoint + path])
    }

    package static let digestOfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    private static let enabled =
        "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
        + "<Status>Enabled</Status></VersioningConfiguration>"
    private static let digestOfEnabled = "482d4e510b5cdcf0bbf3a044e82832dc711f4f28757a6c06eb21758282a73ef7"
}
