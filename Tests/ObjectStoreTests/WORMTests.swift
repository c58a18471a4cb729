import ServiceRuntime
import Storage
import StorageDrivers
import StowageContract
import TestSupport
import Testing

@Suite("Locked buckets", .timeLimit(.minutes(2)))
struct WORMTests {
    @Test("the check says yes to a bucket that locks", arguments: [Retention.Mode.compliance, .governance])
    func honest(mode: Retention.Mode) async throws {
        let account = try await RGWServer.shared().account
        let bucket = try await account.makeBucket("honest", objectLock: true)
        let storage = try await account.storage(bucket) { $0.objectLock = .init(mode: mode, days: 1) }
        let result = try await storage.check(CheckData(worm: true), taskID: try #require(TaskID("check")))
        #expect(result.ok, "\(result)")
        let proved = result.steps.filter { $0.outcome == .passed }.map(\.name)
        #expect(proved.contains(.refuseOverwrite) && proved.contains(.refuseEarlyDelete))
        #expect(proved.contains(.refuseShorten))
    }

    @Test("the check names the step where a store only pretends")
    func liar() async throws {
        let account = try await MotoServer.shared().account
        let bucket = try await account.makeBucket("liar", objectLock: true)
        let storage = try await account.storage(bucket) { _ in }
        #expect(storage.capabilities.retention)
        let result = try await storage.check(CheckData(worm: true), taskID: try #require(TaskID("check")))
        #expect(!result.ok)
        let failed = result.steps.filter { $0.outcome == .failed }
        #expect(failed.map(\.name) == [.refuseShorten], "\(result)")
        #expect(failed.first?.error?.message == "the store allowed what it must refuse")
    }

    @Test("retention and hold are in force for everybody, and read back as they are")
    func inForce() async throws {
        let account = try await RGWServer.shared().account
        let bucket = try await account.makeBucket("locked", objectLock: true)
        let storage = try await account.storage(bucket) { $0.partSizeBytes = 5 << 20 }
        let until = Timestamp(millisecondsSinceEpoch: TimeSource.system.millisecondsSinceEpoch + 600_000)
        for size in [1000, 6 << 20] {
            let id = try #require(TaskID("locked-\(size)"))
            var request = StoreRequest(
                taskID: id, name: "a.bin", retention: Retention(mode: .compliance, until: until, enforcedBy: .store),
                legalHold: true)
            request.size = Int64(size)
            let handle = try await storage.store(
                request, from: BytesSource([UInt8](repeating: 7, count: size))
            ).handle
            #expect(handle.retention?.mode == .compliance && handle.retention?.enforcedBy == .store)
            #expect(handle.legalHold)
            let version = try #require(handle.version)
            let told = try await account.python(
                """
                bucket, key, version = arguments
                head = s3.head_object(Bucket=bucket, Key=key, VersionId=version)
                show([head["ObjectLockMode"], head["ObjectLockLegalHoldStatus"]])
                """, bucket, handle.key, version, as: [String].self)
            #expect(told == ["COMPLIANCE", "ON"])
            let refused = try await account.python(
                """
                bucket, key, version = arguments
                try:
                    s3.delete_object(Bucket=bucket, Key=key, VersionId=version, BypassGovernanceRetention=True)
                    show("deleted")
                except ClientError as error:
                    show(error.response["Error"]["Code"])
                """, bucket, handle.key, version, as: String.self)
            #expect(refused == "AccessDenied")
            let later = Timestamp(millisecondsSinceEpoch: until.millisecondsSinceEpoch + 60_000)
            let longer = RetainData(
                archive: .handle(handle), retention: Retention(mode: .compliance, until: later), releases: [id])
            let state = try await storage.retain(longer, taskID: try #require(TaskID("retain-\(size)")))
            #expect(state.holds.isEmpty && (state.retention?.until ?? until) >= later)
            let shorter = RetainData(archive: .handle(handle), retention: Retention(mode: .compliance, until: until))
            let error = await #expect(throws: StorageError.self) {
                try await storage.retain(shorter, taskID: try #require(TaskID("shorten-\(size)")))
            }
            #expect(error?.code == .conflict)
        }
    }

    @Test("a hold that an administrator has set stays until a task releases it by the name it shows")
    func foreignHold() async throws {
        let account = try await RGWServer.shared().account
        let bucket = try await account.makeBucket("held", objectLock: true)
        let storage = try await account.storage(bucket) { _ in }
        let id = try #require(TaskID("held"))
        let handle = try await storage.store(
            StoreRequest(taskID: id, name: "a.bin"), from: BytesSource([1, 2, 3])
        ).handle
        try await account.python(
            "s3.put_object_legal_hold(Bucket=arguments[0], Key=arguments[1], LegalHold={'Status': 'ON'})", bucket,
            handle.key)
        #expect(try await storage.stat(.key(handle.key))?.legalHold == true)
        let until = Timestamp(millisecondsSinceEpoch: TimeSource.system.millisecondsSinceEpoch + 60_000)
        let prolonged = try await storage.retain(
            RetainData(archive: .key(handle.key), retention: Retention(mode: .governance, until: until)),
            taskID: try #require(TaskID("prolong")))
        #expect(prolonged.holds == [id])
        let error = await #expect(throws: StorageError.self) {
            try await storage.delete(.key(handle.key), taskID: try #require(TaskID("delete")))
        }
        #expect(error?.code == .retained)
        let released = try await storage.retain(
            RetainData(archive: .key(handle.key), releases: [id]), taskID: try #require(TaskID("release")))
        #expect(released.holds.isEmpty)
    }

    @Test("what somebody writes over an archive is another version, and the archive stays")
    func firstVersion() async throws {
        let account = try await RGWServer.shared().account
        let bucket = try await account.makeBucket("first", versioned: true)
        let storage = try await account.storage(bucket) { _ in }
        let request = StoreRequest(taskID: try #require(TaskID("first")), name: "a.bin")
        let handle = try await storage.store(request, from: BytesSource([1, 2, 3])).handle
        try await account.python(
            """
            s3.put_object(Bucket=arguments[0], Key=arguments[1], Body=b"somebody else's")
            s3.delete_object(Bucket=arguments[0], Key=arguments[1])
            """, bucket, handle.key)
        #expect(try await storage.stat(.key(handle.key)) == handle)
        var again = request
        again.mayHaveRunBefore = true
        #expect(try await storage.store(again, from: BytesSource([1, 2, 3])).alreadyPresent)
        let error = await #expect(throws: StorageError.self) {
            try await storage.store(request, from: BytesSource([3, 2, 1]))
        }
        #expect(error?.code == .conflict)
        #expect(try await storage.list(ListData()).archives.map(\.key) == [handle.key])
        #expect(try await storage.delete(.handle(handle), taskID: try #require(TaskID("delete"))))
    }
}
