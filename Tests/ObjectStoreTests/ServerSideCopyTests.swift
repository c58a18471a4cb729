import DriverConformance
import ServiceRuntime
import Storage
import StorageDrivers
import StowageContract
import StrictCoding
import TestSupport
import Testing

/// Copies that the store makes by itself, between two buckets of one account.
@Suite("Copies within the store", .timeLimit(.minutes(3)))
struct ServerSideCopyTests {
    /// Two buckets; what the second is asked goes through a proxy.
    private struct Place {
        let account: S3Account
        let proxy: FaultProxy
        let from: Storage
        let to: Storage
        let buckets: (from: String, to: String)
        /// How many requests came before the copy.
        private let before = Watched(0)

        init(
            _ kind: DriverHarness.Bucket, verify: VerificationPolicy = .server,
            _ change: (inout S3Configuration) -> Void = { _ in }
        ) async throws {
            account = try await RGWServer.shared().account
            proxy = try FaultProxy(to: account.endpoint)
            let made = [
                try await account.makeBucket("from", versioned: kind != .plain),
                try await account.makeBucket("to", versioned: kind != .plain, objectLock: kind == .locked),
            ]
            buckets = (made[0], made[1])
            var policy = S3UploadPolicy()
            policy.copyAtOnceBytes = 8 << 20
            policy.copyPartBytes = 5 << 20
            var settings = DriverSettings()
            settings.verify = verify
            // One endpoint for both: only so are they known to be one store.
            let account = account.by(proxy.endpoint)
            from = try await account.storage(buckets.from, policy: policy) { $0.partSizeBytes = 5 << 20 }
            to = try await account.storage(buckets.to, settings: settings, policy: policy) { configuration in
                configuration.partSizeBytes = 5 << 20
                configuration.tags = ["copied": "yes"]
                change(&configuration)
            }
        }

        func copy(_ original: ArchiveHandle, path: String? = nil) async throws -> StoreReceipt {
            let origin = try await from.origin(.handle(original))
            before.change { [proxy] in $0 = proxy.requests.value.count }
            return try await to.copy(origin, from: from, by: try StoreRequest.fresh().taskID, path: path)
        }

        private var requests: ArraySlice<ProxiedRequest> { proxy.requests.value.dropFirst(before.value) }

        /// How many bytes of archives went to the store.
        var sent: Int { requests.reduce(0) { $0 + ($1.bodyBytes > 1 << 20 ? $1.bodyBytes : 0) } }

        func reads(_ bucket: String) -> Int {
            requests.filter {
                $0.operation == .getObject && $0.path.hasPrefix("/\(bucket)/") && $0.path.hasSuffix(".bin")
            }.count
        }

        var copies: [S3Operation] {
            requests.filter { $0.headers["x-amz-copy-source"] != nil }.map(\.operation)
        }
    }

    @Test(
        "cross no wire but to be read back, and are archives like any other",
        arguments: DriverHarness.Bucket.allCases, [6, 12])
    func copies(kind: DriverHarness.Bucket, mebibytes: Int) async throws {
        let place = try await Place(kind)
        var request = try StoreRequest.fresh("ä +?.bin")
        request.mediaType = "text/plain"
        request.metadata = ["course": "ü"]
        request.path = "x y"
        let source = GeneratedSource(size: Int64(mebibytes) << 20)
        if kind == .locked {
            request.retention = Retention(
                mode: .governance,
                until: Timestamp(millisecondsSinceEpoch: TimeSource.system.millisecondsSinceEpoch + 600_000))
        }
        let original = try await place.from.store(request, from: source).handle
        let receipt = try await place.copy(original)
        #expect(!receipt.alreadyPresent && receipt.sourceBytes == 0 && receipt.verified == .reread)
        #expect(receipt.exclusive == .atomic)
        #expect(place.sent == 0 && place.reads(place.buckets.from) == 0 && place.reads(place.buckets.to) == 1)
        // At once only where a copy replaces nothing.
        #expect(place.copies.allSatisfy { $0 == (kind != .plain && mebibytes == 6 ? .copyObject : .copyPart) })
        #expect(place.copies.count == (kind != .plain && mebibytes == 6 ? 1 : mebibytes / 5 + 1))
        var expected = original
        (expected.etag, expected.version) = (receipt.handle.etag, receipt.handle.version)
        (expected.driver, expected.retention) = (receipt.handle.driver, receipt.handle.retention)
        #expect(receipt.handle == expected)
        if kind == .locked {
            let until = try #require(request.retention?.until)
            #expect(receipt.handle.retention.map { $0.until >= until } == true)
            #expect(receipt.handle.retention?.enforcedBy == .store)
        }
        let object = try await place.account.object(original.key, in: place.buckets.to, version: receipt.handle.version)
        #expect(object.sha256 == source.sha256 && object.mediaType == "text/plain")
        let tags = try await place.account.python(
            """
            answer = s3.get_object_tagging(Bucket=arguments[0], Key=arguments[1])
            show({tag["Key"]: tag["Value"] for tag in answer["TagSet"]})
            """, place.buckets.to, original.key, as: [String: String].self)
        #expect(tags == ["copied": "yes"])
        // Delivered again, and looked at by others.
        let origin = try await place.from.origin(.handle(original))
        let again = try await place.to.copy(
            origin, from: place.from, by: try StoreRequest.fresh().taskID, path: nil, mayHaveRunBefore: true)
        #expect(again.alreadyPresent && again.handle == receipt.handle)
        _ = try await place.to.sweep(olderThan: .zero)
        #expect(try await place.account.uploads(in: place.buckets.to) == [])
        #expect(try await place.from.stat(.handle(original)) == original)
    }

    @Test("are not read where nobody wants them proved", arguments: [VerificationPolicy.none, .size])
    func unproved(verify: VerificationPolicy) async throws {
        let place = try await Place(.plain, verify: verify)
        let source = GeneratedSource(size: 6 << 20)
        let original = try await place.from.store(try .fresh("a.bin"), from: source).handle
        let receipt = try await place.copy(original, path: "elsewhere")
        #expect(receipt.verified == (verify == .size ? .size : nil))
        #expect(place.sent == 0 && place.reads(place.buckets.from) + place.reads(place.buckets.to) == 0)
        #expect(try await place.to.bytes(receipt.handle.key) == source.bytes)
    }

    @Test(
        "of an original with other bytes than its manifest says do not stand",
        arguments: [DriverHarness.Bucket.plain, .versioned])
    func damaged(kind: DriverHarness.Bucket) async throws {
        let place = try await Place(kind)
        let original = try await place.from.store(
            try .fresh("a.bin"), from: GeneratedSource(size: 6 << 20)
        ).handle
        // The store's own copy of it is damaged, its metadata are not.
        try await place.account.python(
            """
            bucket, key, version = arguments
            chosen = {"VersionId": version} if version else {}
            head = s3.head_object(Bucket=bucket, Key=key, **chosen)
            s3.delete_object(Bucket=bucket, Key=key, **chosen)
            s3.put_object(Bucket=bucket, Key=key, Body=bytes(head["ContentLength"]), Metadata=head["Metadata"])
            """, place.buckets.from, original.key, original.version ?? "")
        let reference = ArchiveReference.key(original.key)
        let origin = try await place.from.origin(reference)
        let error = await #expect(throws: StorageError.self) {
            try await place.to.copy(origin, from: place.from, by: try StoreRequest.fresh().taskID, path: nil)
        }
        // The bytes are sent after all, and show whose fault it is.
        #expect(error?.code == .integrityMismatch && error?.place == .source, "\(error.map { "\($0)" } ?? "")")
        #expect(error?.context["expected"] == original.sha256)
        #expect(try await place.to.stat(.key(original.key)) == nil)
        #expect(!(try await place.account.keys(in: place.buckets.to).contains(original.key)))
    }

    @Test("of an original that was exchanged since it was looked at are not made")
    func exchanged() async throws {
        let place = try await Place(.plain)
        let original = try await place.from.store(
            try .fresh("a.bin"), from: GeneratedSource(size: 6 << 20)
        ).handle
        let origin = try await place.from.origin(.handle(original))
        try await place.account.python(
            "s3.put_object(Bucket=arguments[0], Key=arguments[1], Body=b'other')", place.buckets.from, original.key)
        let error = await #expect(throws: StorageError.self) {
            try await place.to.copy(origin, from: place.from, by: try StoreRequest.fresh().taskID, path: nil)
        }
        // Ceph 16 has no conditions for parts, and finds that there are too few bytes.
        #expect(error?.retry != .permanent, "\(error.map { "\($0)" } ?? "")")
        #expect(try await place.to.stat(.key(original.key)) == nil)
        #expect(try await place.account.uploads(in: place.buckets.to) == [])
    }

    @Test(
        "that the store refuses to make are made by sending the bytes",
        arguments: [DriverHarness.Bucket.plain, .versioned], ["NotImplemented", "AccessDenied"])
    func refused(kind: DriverHarness.Bucket, code: String) async throws {
        let place = try await Place(kind)
        let source = GeneratedSource(size: 6 << 20)
        let original = try await place.from.store(try .fresh("a.bin"), from: source).handle
        let status = code == "NotImplemented" ? "501 Not Implemented" : "403 Forbidden"
        place.proxy.inject(
            .answer(.s3Error(status, code), readingBody: true), when: { $0.headers["x-amz-copy-source"] != nil })
        let receipt = try await place.copy(original)
        #expect(receipt.sourceBytes == 6 << 20 && receipt.verified == .server && !receipt.alreadyPresent)
        // Both parts may have been asked for.
        #expect(place.copies.count <= (kind == .plain ? 2 : 1))
        #expect(try await place.to.bytes(original.key) == source.bytes)
        _ = try await place.to.sweep(olderThan: .zero)
        #expect(try await place.account.uploads(in: place.buckets.to) == [])
    }

    @Test(
        "whose outcome nobody knows are found by the next delivery",
        arguments: [DriverHarness.Bucket.plain, .versioned])
    func ambiguous(kind: DriverHarness.Bucket) async throws {
        let place = try await Place(kind)
        let source = GeneratedSource(size: 6 << 20)
        let original = try await place.from.store(try .fresh("a.bin"), from: source).handle
        let origin = try await place.from.origin(.handle(original))
        let id = try StoreRequest.fresh().taskID
        // Not a connection that breaks: what has no body libcurl asks for once more then.
        place.proxy.inject(
            .replaceAnswer(.s3Error("500 No", "InternalError")), into: kind == .plain ? .completeUpload : .copyObject)
        let error = await #expect(throws: StorageError.self) {
            try await place.to.copy(origin, from: place.from, by: id, path: nil)
        }
        #expect(error?.isAmbiguous == true && error?.place == .destination, "\(error.map { "\($0)" } ?? "")")
        place.proxy.heal()
        let receipt = try await place.to.copy(origin, from: place.from, by: id, path: nil, mayHaveRunBefore: true)
        #expect(receipt.alreadyPresent && receipt.handle.sha256 == source.sha256)
        #expect(try await place.to.bytes(original.key) == source.bytes)
    }

    @Test("and stores of other bytes at the same key leave one winner", arguments: DriverHarness.Bucket.allCases)
    func race(kind: DriverHarness.Bucket) async throws {
        let place = try await Place(kind)
        for round in 0..<3 {
            let request = try StoreRequest.fresh("\(round).bin")
            let original = try await place.from.store(request, from: GeneratedSource(size: 6 << 20)).handle
            let origin = try await place.from.origin(.handle(original))
            let ids = try (0..<4).map { _ in try StoreRequest.fresh().taskID }
            let outcomes = await withTaskGroup(of: Result<ArchiveHandle, StorageError>.self) { group in
                for writer in 0..<8 {
                    group.addTask {
                        await Self.delivered { (again) async throws(StorageError) in
                            if writer.isMultiple(of: 2) {
                                return try await place.to.copy(
                                    origin, from: place.from, by: ids[writer / 2], path: nil, mayHaveRunBefore: again
                                ).handle
                            }
                            var request = request
                            request.mayHaveRunBefore = again
                            let size: Int64 = writer % 4 == 1 ? 6 << 20 : 1000
                            return try await place.to.store(
                                request, from: GeneratedSource(size: size, seed: UInt64(writer) + 100)
                            ).handle
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let winners = Set(outcomes.compactMap { try? $0.get().sha256 })
            #expect(winners.count == 1, "\(outcomes)")
            for case .failure(let error) in outcomes { #expect(error.code == .conflict, "\(error)") }
            let standing = try #require(try await place.to.stat(.key(request.keyText)))
            #expect(winners.contains(standing.sha256))
            let bytes = try await place.account.object(
                request.keyText, in: place.buckets.to, version: standing.version)
            #expect(bytes.sha256 == standing.sha256)
        }
    }

    private static func delivered(
        _ deliver: (Bool) async throws(StorageError) -> ArchiveHandle
    ) async -> Result<ArchiveHandle, StorageError> {
        var last = StorageError.cancelled
        for attempt in 1..<20 {
            do throws(StorageError) {
                return .success(try await deliver(attempt > 1))
            } catch {
                last = error
                guard error.retry != .permanent else { break }
            }
        }
        return .failure(last)
    }
}
