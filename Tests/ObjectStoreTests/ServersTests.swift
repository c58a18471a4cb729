import Foundation
import TestSupport
import Testing

/// The stores that the S3 tests use are what those tests take them for.
@Suite("S3 servers", .timeLimit(.minutes(3)))
struct ServersTests {
    @Test("Ceph gives back what boto3 has stored, with its metadata")
    func roundTrip() async throws {
        let server = try await RGWServer.shared()
        let bucket = try await server.account.makeBucket()
        try await server.account.python(
            """
            s3.put_object(Bucket=arguments[0], Key="a/b é", Body=b"content", Metadata={"course": "12"},
                          ContentType="text/plain")
            """, bucket)
        let object = try await server.account.object("a/b é", in: bucket)
        #expect(
            object
                == S3Account.Object(
                    size: 7, sha256: "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73",
                    metadata: ["course": "12"], version: nil, mediaType: "text/plain"), "\(server.lastLines)")
        #expect(try await server.account.keys(in: bucket) == ["a/b é"])
        #expect([16, 18, 20].contains(server.release))
    }

    @Test("A versioned bucket keeps every version, another bucket none")
    func versioning() async throws {
        let server = try await RGWServer.shared()
        for isVersioned in [true, false] {
            let bucket = try await server.account.makeBucket(versioned: isVersioned)
            let versions = try await server.account.python(
                """
                for body in b"one", b"two":
                    s3.put_object(Bucket=arguments[0], Key="key", Body=body)
                show([v["VersionId"] for v in s3.list_object_versions(Bucket=arguments[0])["Versions"]])
                """, bucket, as: [String].self)
            #expect(versions.count == (isVersioned ? 2 : 1))
        }
    }

    @Test("A bucket with object lock keeps what is retained in COMPLIANCE mode")
    func objectLock() async throws {
        let server = try await RGWServer.shared()
        let bucket = try await server.account.makeBucket("locked", objectLock: true)
        #expect(try await server.account.python(Self.deletedEarly, bucket) == "AccessDenied")
    }

    @Test("moto lets retention in COMPLIANCE mode be shortened")
    func storeThatLies() async throws {
        let account = try await MotoServer.shared().account
        let bucket = try await account.makeBucket("locked", objectLock: true)
        #expect(try await account.python(Self.shortened, bucket) == "done")
        let server = try await RGWServer.shared()
        let other = try await server.account.makeBucket("locked", objectLock: true)
        #expect(try await server.account.python(Self.shortened, other) == "AccessDenied")
    }

    @Test("HTTPS is checked against the authority of the store, and refused without it")
    func secure() async throws {
        let server = try await RGWServer.shared()
        let bucket = try await server.secureAccount.makeBucket()
        #expect(try await server.account.keys(in: bucket) == [])
        #expect(try await server.secureAccount.keys(in: bucket) == [])
        var unknown = server.secureAccount
        unknown.authorities = nil
        let failure = await #expect(throws: ChildProcess.Failure.self) { try await unknown.curl("GET", "/" + bucket) }
        #expect(failure?.exit == .code(60))
    }

    @Test("A bucket takes no more than its quota")
    func quota() async throws {
        let server = try await RGWServer.shared()
        let bucket = try await server.account.makeBucket()
        try await server.setQuota(of: bucket, bytes: 100_000)
        let outcomes = try await server.account.python(
            """
            for size in 50_000, 60_000:
                print(outcome(s3.put_object, Bucket=arguments[0], Key=str(size), Body=bytes(size)))
            """, bucket)
        #expect(outcomes == "done\nQuotaExceeded")
    }

    @Test("Another user has no right, and a wrong key no signature")
    func accounts() async throws {
        let server = try await RGWServer.shared()
        let bucket = try await server.account.makeBucket()
        let list = "print(outcome(s3.list_objects_v2, Bucket=arguments[0]))"
        #expect(try await server.makeUser().python(list, bucket) == "AccessDenied")
        var wrong = server.account
        wrong.secretKey = "wrong"
        #expect(try await wrong.python(list, bucket) == "SignatureDoesNotMatch")
    }

    @Test("Credentials of the store's STS are taken for its user's, and demand their token")
    func session() async throws {
        let server = try await RGWServer.start(["RGW_STS": "1"])
        let bucket = try await server.account.makeBucket()
        var session = try await server.sessionAccount()
        #expect(try await session.keys(in: bucket) == [])
        session.sessionToken = nil
        let list = "print(outcome(s3.list_objects_v2, Bucket=arguments[0]))"
        let outcome = try await session.python(list, bucket)
        #expect(outcome == "AccessDenied")
    }

    @Test("While the OSD is stopped a PUT gets no answer, and its object is there afterwards")
    func hangingStore() async throws {
        let server = try await RGWServer.start()
        let bucket = try await server.account.makeBucket()
        try server.stopOSD()
        let failure = await #expect(throws: ChildProcess.Failure.self) {
            try await server.account.curl("PUT", "/\(bucket)/late", headers: ["x-amz-meta-a: b"], within: 3)
        }
        #expect(failure?.exit == .code(28), "\(server.lastLines)")
        try server.continueOSD()
        try await require(eventually: "the object; the store said:\n\(server.lastLines)") {
            try await server.account.keys(in: bucket) == ["late"]
        }
        #expect(try await server.account.object("late", in: bucket).metadata == ["a": "b"])
    }

    @Test("A gateway that was killed answers nobody, and has everything again when it is back")
    func killedGateway() async throws {
        let server = try await RGWServer.start()
        let bucket = try await server.account.makeBucket()
        try await server.account.curl("PUT", "/\(bucket)/key")
        try await server.killGateway()
        let failure = await #expect(throws: ChildProcess.Failure.self) {
            try await server.account.curl("GET", "/\(bucket)/key")
        }
        #expect(failure?.exit == .code(7), "\(server.lastLines)")
        try await server.restartGateway()
        #expect(try await server.account.keys(in: bucket) == ["key"])
    }

    private static let deletedEarly = """
        import datetime
        until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
        version = s3.put_object(Bucket=arguments[0], Key="key", Body=b"kept", ObjectLockMode="COMPLIANCE",
                                ObjectLockRetainUntilDate=until, ContentMD5="TYtghPPRZ7dsrGaiKpG+Ag==")["VersionId"]
        print(outcome(s3.delete_object, Bucket=arguments[0], Key="key", VersionId=version))
        """

    private static let shortened = """
        import datetime
        now = datetime.datetime.now(datetime.timezone.utc)
        s3.put_object(Bucket=arguments[0], Key="key", Body=b"kept", ObjectLockMode="COMPLIANCE",
                      ObjectLockRetainUntilDate=now + datetime.timedelta(days=30),
                      ContentMD5="TYtghPPRZ7dsrGaiKpG+Ag==")
        print(outcome(
            s3.put_object_retention, Bucket=arguments[0], Key="key",
            Retention={"Mode": "COMPLIANCE", "RetainUntilDate": now + datetime.timedelta(days=1)}))
        """
}
