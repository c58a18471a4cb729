import DriverConformance
import ServiceRuntime
import Storage
import StorageDrivers
import StowageContract
import TestSupport
import Testing

/// What is refused for a reason that can be mended is mended without a delivery being lost.
@Suite("Clocks and credentials that are wrong", .timeLimit(.minutes(2)))
struct RenewalTests {
    @Test("a clock that is wrong is found out by one refusal", arguments: [-3600, 3600])
    func clock(seconds: Int64) async throws {
        let store = try await FaultyStore(time: .wall { TimeSource.system.millisecondsSinceEpoch + seconds * 1000 })
        for size: Int64 in [1000, 12 << 20] {
            let source = GeneratedSource(size: size)
            let request = try StoreRequest.fresh()
            let receipt = try await store.storage.store(request, from: source)
            #expect(receipt.handle.sha256 == source.sha256)
            try await store.expectOnly(request, sha256: source.sha256)
            let presigned = try await store.storage.presign(
                PresignData(archive: .key(request.keyText), expiresSeconds: 60))
            try await ChildProcess.run(["curl", "--silent", "--fail", "--output", "/dev/null", presigned.url.exposed])
        }
        #expect(store.proxy.requests.value.count { $0.status == 403 } == 1)
    }

    /// Two keys of one user, and a file that has the first until it is replaced.
    private struct Keys {
        let old: S3Account
        let new: S3Account
        let folder: TemporaryFolder
        let file: String

        init() async throws {
            let server = try await RGWServer.shared()
            (old, new) = (try await server.makeKey(), try await server.makeKey())
            folder = try TemporaryFolder()
            file = try folder.write(Self.text(old), to: "credentials")
        }

        func replace() throws { try folder.write(Self.text(new), to: "credentials") }

        private static func text(_ account: S3Account) -> String {
            "[default]\naws_access_key_id = \(account.accessKey)\naws_secret_access_key = \(account.secretKey)\n"
        }

        /// A store whose driver has read the file, and looks at it again only where it is told.
        func store() async throws -> FaultyStore {
            let start = TimeSource.system.millisecondsSinceEpoch
            return try await FaultyStore(time: .wall { start }) { configuration in
                (configuration.accessKey, configuration.secretKey) = (nil, nil)
                configuration.credentialsFile = file
            }
        }
    }

    @Test("credentials that have expired are read again from their file", arguments: [1000, 12 << 20])
    func expiredToken(size: Int64) async throws {
        let keys = try await Keys()
        let store = try await keys.store()
        try keys.replace()
        let operation = size > 5 << 20 ? S3Operation.uploadPart : .putObject
        let source = GeneratedSource(size: size)
        let request = try StoreRequest.fresh()
        store.proxy.inject(.expiredToken, into: operation)
        let receipt = try await store.storage.store(request, from: source)
        #expect(!receipt.alreadyPresent && receipt.handle.sha256 == source.sha256)
        let sent = store.proxy.requests(operation).filter { $0.path.hasSuffix("/" + request.keyText) }
        let refused = sent.filter { $0.status == 400 }
        #expect(refused.map { $0.uses(keys.old) } == [true])
        // Of an upload in parts: the others were on their way meanwhile.
        let again = sent.last { $0.query == refused.first?.query }
        #expect(again?.status == 200 && again?.uses(keys.new) == true)
        try await store.expectOnly(request, sha256: source.sha256)
    }

    @Test("a key that was taken away is looked for again in the file")
    func exchangedKey() async throws {
        let keys = try await Keys()
        let store = try await keys.store()
        try keys.replace()
        try await RGWServer.shared().admin("key", "rm", "--uid=lab", "--access-key=\(keys.old.accessKey)")
        try await require(eventually: "the end of the old key") {
            try await keys.old.python("print(outcome(s3.list_objects_v2, Bucket=arguments[0]))", store.bucket)
                == "InvalidAccessKeyId"
        }
        let request = try StoreRequest.fresh()
        let receipt = try await store.storage.store(request, from: BytesSource([1, 2, 3]))
        #expect(!receipt.alreadyPresent)
        #expect(try await store.keys() == [request.keyText])
        #expect(store.proxy.requests.value.count { $0.status == 403 && $0.uses(keys.old) } == 1)
    }

    @Test("credentials that stay refused end as such, and are not tried for ever")
    func refused() async throws {
        let store = try await FaultyStore()
        store.proxy.inject(.expiredToken, into: .putObject, times: .max)
        let error = await #expect(throws: StorageError.self) {
            try await store.storage.store(try StoreRequest.fresh(), from: BytesSource([1, 2, 3]))
        }
        #expect(error?.code == .unauthenticated && error?.isAmbiguous == false)
        #expect(store.proxy.requests(.putObject).count { $0.fault != nil } == 2)
    }
}

extension TimeSource {
    /// With another wall clock than the system's.
    fileprivate static func wall(_ milliseconds: @escaping @Sendable () -> Int64) -> TimeSource {
        TimeSource(
            millisecondsSinceEpoch: milliseconds, monotonic: { TimeSource.system.monotonic },
            sleep: { try await TimeSource.system.sleep($0) })
    }
}

extension ProxiedRequest {
    fileprivate func uses(_ account: S3Account) -> Bool {
        headers["authorization"]?.contains("Credential=\(account.accessKey)/") ?? false
    }
}

extension RGWServer {
    /// Another key of the same user.
    fileprivate func makeKey() async throws -> S3Account {
        var other = account
        let name = String(UInt64.random(in: 0 ... .max), radix: 36).uppercased()
        (other.accessKey, other.secretKey) = ("KEY" + name, "secret" + name)
        try await admin(
            "key", "create", "--uid=lab", "--key-type=s3", "--access-key=\(other.accessKey)",
            "--secret-key=\(other.secretKey)")
        return other
    }
}
