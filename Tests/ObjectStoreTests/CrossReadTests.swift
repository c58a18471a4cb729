import DriverConformance
import Foundation
import ServiceRuntime
import Storage
import StorageDrivers
import StowageContract
import StrictCoding
import TestSupport
import Testing

/// What we store others read, and what others have stored is no archive of ours.
@Suite("Other clients of the same store", .timeLimit(.minutes(3)))
struct CrossReadTests {
    static let names = ["a.bin", "ü b+c%20.bin", "100% & more=less?#;.bin", "-leading ' \" \\ \u{1F4BE}.bin"]

    @Test("boto3 and rclone read what we store", arguments: names, [65_536, 12 << 20])
    func read(name: String, size: Int64) async throws {
        let account = try await RGWServer.shared().account
        let bucket = try await account.makeBucket("cross")
        let storage = try await account.storage(bucket) { $0.partSizeBytes = 5 << 20 }
        let source = GeneratedSource(size: size)
        var request = try StoreRequest.fresh(name)
        request.path = "kurs ä/2026+"
        request.mediaType = "application/gzip"
        _ = try await storage.store(request, from: source)
        let object = try await account.object(request.keyText, in: bucket)
        #expect(object.sha256 == source.sha256 && object.size == Int(size))
        #expect(object.mediaType == "application/gzip")
        #expect(try await rclone(["cat", "ceph:\(bucket)/\(request.keyText)"], account) == source.sha256)
        #expect(try await storage.list(ListData()).archives.map(\.key) == [request.keyText])
    }

    @Test("a digest, a media type and tags are there for everybody to see")
    func attributes() async throws {
        let account = try await RGWServer.shared().account
        let bucket = try await account.makeBucket("seen")
        let storage = try await account.storage(bucket) { configuration in
            configuration.partSizeBytes = 5 << 20
            configuration.tags = ["kind": "archive", "owner": "configured"]
        }
        for size: Int64 in [1000, 6 << 20] {
            let source = GeneratedSource(size: size)
            var request = try StoreRequest.fresh()
            request.mediaType = "text/plain"
            request.metadata = ["course": "12"]
            request.options = try JSONParser.parse(Array(#"{"tags": {"owner": "ü & co", "x": ""}}"#.utf8))
            let handle = try await storage.store(request, from: source).handle
            #expect(handle.metadata == ["course": "12"])
            let tags = try await account.python(
                """
                tags = s3.get_object_tagging(Bucket=arguments[0], Key=arguments[1]).get("TagSet", [])
                show({tag["Key"]: tag["Value"] for tag in tags})
                """, bucket, request.keyText, as: [String: String].self)
            #expect(tags == ["kind": "archive", "owner": "ü & co", "x": ""])
            let object = try await account.object(request.keyText, in: bucket)
            #expect(object.mediaType == "text/plain")
            if size == 1000 {
                #expect(object.metadata["sha256"] == source.sha256)
            } else {
                let manifest = try await account.object(request.taskID.text + "/.stowage.json", in: bucket)
                #expect(manifest.metadata["sha256"] == source.sha256)
            }
        }
    }

    @Test("a storage class is asked for, and told", arguments: [1000, 6 << 20])
    func storageClass(size: Int64) async throws {
        let account = try await MotoServer.shared().account
        let bucket = try await account.makeBucket("class")
        let storage = try await account.storage(bucket) { configuration in
            configuration.partSizeBytes = 5 << 20
            configuration.storageClass = "STANDARD_IA"
        }
        for other in [nil, "ONEZONE_IA"] {
            var request = try StoreRequest.fresh()
            request.options = try other.map { try JSONParser.parse(Array(#"{"storageClass": "\#($0)"}"#.utf8)) }
            let handle = try await storage.store(request, from: GeneratedSource(size: size)).handle
            let told = try await account.python(
                "show(s3.head_object(Bucket=arguments[0], Key=arguments[1])['StorageClass'])", bucket,
                request.keyText, as: String.self)
            #expect(told == other ?? "STANDARD_IA")
            #expect(handle.tier == told)
            #expect(try await storage.stat(.key(request.keyText))?.tier == told)
        }
    }

    @Test("a presigned URL works without credentials, for this archive and this method only")
    func presigned() async throws {
        let account = try await RGWServer.shared().account
        for isVersioned in [false, true] {
            let bucket = try await account.makeBucket("signed", versioned: isVersioned)
            let storage = try await account.storage(bucket) { _ in }
            let source = GeneratedSource(size: 100_000)
            let request = try StoreRequest.fresh("ü b+c%20.bin")
            let handle = try await storage.store(request, from: source).handle
            let other = try StoreRequest.fresh("b.bin")
            _ = try await storage.store(other, from: BytesSource([1]))
            let presigned = try await storage.presign(PresignData(archive: .handle(handle), expiresSeconds: 60))
            let url = presigned.url.exposed
            let digest = try await ChildProcess.run([
                "bash", "-c", "curl --silent --fail \"$1\" | sha256sum", "bash", url,
            ])
            #expect(digest.prefix(64) == source.sha256)
            func status(_ url: String, _ method: String = "GET") async throws -> String {
                try await ChildProcess.run([
                    "curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", "--request", method,
                    url,
                ])
            }
            #expect(
                try await status(url.replacingOccurrences(of: request.taskID.text, with: other.taskID.text)) != "200")
            #expect(
                try await status(url.replacingOccurrences(of: "X-Amz-Expires=60", with: "X-Amz-Expires=61")) == "403")
            #expect(try await status(String(url.dropLast()) + (url.hasSuffix("0") ? "1" : "0")) == "403")
            #expect(try await status(url, "DELETE") == "403")
            #expect(try await storage.stat(.handle(handle)) == handle)
        }
    }

    @Test("what others have stored is nobody's archive, and stays as it is", arguments: [true, false])
    func foreign(isByRclone: Bool) async throws {
        let account = try await RGWServer.shared().account
        let bucket = try await account.makeBucket("foreign")
        let storage = try await account.storage(bucket) { _ in }
        let request = try StoreRequest.fresh("ü b+c%20.bin")
        let folder = try TemporaryFolder()
        let source = GeneratedSource(size: 300_000)
        let file = try folder.write(source.bytes, to: "file")
        if isByRclone {
            _ = try await rclone(["copyto", file, "ceph:\(bucket)/\(request.keyText)"], account)
        } else {
            try await account.python(
                "s3.upload_file(arguments[2], arguments[0], arguments[1])", bucket, request.keyText, file)
        }
        for call in [
            { _ = try await storage.stat(.key(request.keyText)) },
            { _ = try await storage.verify(VerifyData(archive: .key(request.keyText))) },
            { _ = try await storage.bytes(request.keyText) },
            { _ = try await storage.delete(.key(request.keyText), taskID: request.taskID) },
        ] as [() async throws -> Void] {
            let error = await #expect(throws: StorageError.self) { try await call() }
            #expect(error?.message == "the archive stands without its manifest", "\(error.map { "\($0)" } ?? "")")
        }
        let taken = await #expect(throws: StorageError.self) {
            try await storage.store(request, from: BytesSource([1, 2, 3]))
        }
        #expect(taken?.code == .conflict)
        #expect(try await account.object(request.keyText, in: bucket).sha256 == source.sha256)
        // Those who are not called as archives are do not show at all.
        try await account.python("s3.put_object(Bucket=arguments[0], Key='readme', Body=b'x')", bucket)
        #expect(try await storage.list(ListData()).archives.contains { $0.key == "readme" } == false)
    }

    @Test("with a customer's key nobody reads without it", arguments: [1000, 12 << 20])
    func customerKey(size: Int64) async throws {
        let server = try await RGWServer.shared()
        let account = server.secureAccount
        let bucket = try await server.account.makeBucket("secret")
        let key = Data((0..<32).map { UInt8($0 * 7) }).base64EncodedString()
        let storage = try await account.storage(bucket) { configuration in
            configuration.partSizeBytes = 5 << 20
            configuration.encryption = .customer(key: Secret(key))
        }
        let source = GeneratedSource(size: size)
        let request = try StoreRequest.fresh()
        let receipt = try await storage.store(request, from: source)
        #expect(receipt.verified == .reread)
        #expect(try await storage.bytes(request.keyText) == source.bytes)
        #expect(
            try await storage.bytes(request.keyText, ByteRange(offset: 100, length: 50))
                == Array(source.bytes[100..<150]))
        let seen = try await account.python(
            """
            import base64
            place = dict(Bucket=arguments[0], Key=arguments[1])
            key = dict(SSECustomerAlgorithm="AES256", SSECustomerKey=base64.b64decode(arguments[2]))
            wrong = dict(SSECustomerAlgorithm="AES256", SSECustomerKey=bytes(32))
            show([sha256(s3.get_object(**place, **key)["Body"]), outcome(s3.get_object, **place),
                  outcome(s3.get_object, **place, **wrong)])
            """, bucket, request.keyText, key, as: [String].self)
        #expect(seen[0] == source.sha256)
        #expect(seen[1] != "done" && seen[2] != "done", "\(seen)")
        #expect(try await storage.store(request.again, from: source).alreadyPresent)
        let other = try await account.storage(bucket) { _ in }
        await #expect(throws: StorageError.self) { try await other.bytes(request.keyText) }
    }

    /// Runs rclone; returns the SHA-256 of what it prints.
    private func rclone(_ arguments: [String], _ account: S3Account) async throws -> String {
        let found = try await ChildProcess.run([
            Checkout.python, "-c",
            "import os, rclone_api; print(os.path.join(os.path.dirname(rclone_api.__file__), 'bin', 'rclone'))",
        ])
        let environment = [
            "RCLONE_CONFIG": "/dev/null", "RCLONE_CONFIG_CEPH_TYPE": "s3", "RCLONE_CONFIG_CEPH_PROVIDER": "Ceph",
            "RCLONE_CONFIG_CEPH_ACCESS_KEY_ID": account.accessKey,
            "RCLONE_CONFIG_CEPH_SECRET_ACCESS_KEY": account.secretKey,
            "RCLONE_CONFIG_CEPH_ENDPOINT": account.endpoint,
        ]
        let command = "set -o pipefail; \"$@\" | sha256sum"
        let digest = try await ChildProcess.run(["bash", "-c", command, "bash", found] + arguments, environment)
        return String(digest.prefix(64))
    }
}
