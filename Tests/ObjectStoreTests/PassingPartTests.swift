import DriverConformance
import ServiceRuntime
import Storage
import StorageDrivers
import StowageContract
import TestSupport
import Testing

/// Archives whose parts are too long to be held in memory: here from 5 MiB on, else from 48.
@Suite("Parts that pass through", .timeLimit(.minutes(3)))
struct PassingPartTests {
    private static let partBytes = 5 << 20
    private let source = GeneratedSource(size: Int64(4 * partBytes) - 1000)

    private func store(_ change: (inout S3Configuration) -> Void = { _ in }) async throws -> FaultyStore {
        try await FaultyStore(heldPartBytes: 1 << 20, change)
    }

    /// The bytes of parts that have gone to the store since a number of requests.
    private func sent(_ store: FaultyStore, since count: Int) -> Int {
        store.proxy.requests.value[count...].count { $0.operation == .uploadPart }
    }

    /// Puts bytes under the number of a part of the one upload that there is.
    private func putPart(_ number: Int, _ bytes: [UInt8], _ store: FaultyStore) async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(bytes, to: "part")
        try await store.direct.python(
            """
            upload = s3.list_multipart_uploads(Bucket=arguments[0])["Uploads"][0]
            with open(arguments[2], "rb") as part:
                s3.upload_part(Bucket=arguments[0], Key=upload["Key"], UploadId=upload["UploadId"],
                               PartNumber=int(arguments[1]), Body=part.read())
            """, store.bucket, String(number), file)
    }

    @Test(
        "are proved by the store, whatever held ones are proved by",
        arguments: [S3Configuration.Checksum.signature, .md5, .crc32c, .sha256, .none])
    func whole(checksum: S3Configuration.Checksum) async throws {
        let store = try await store { $0.checksum = checksum }
        let request = try StoreRequest.fresh()
        // The store was tried with a part of its own.
        let count = store.proxy.requests.value.count
        let receipt = try await store.storage.store(request, from: source)
        #expect(receipt.verified == (checksum == .none ? .reread : .server))
        #expect(sent(store, since: count) == 4)
        try await store.expectOnly(request, sha256: source.sha256)
    }

    @Test("one that breaks is sent again with what follows, and nothing before it", arguments: [false, true])
    func broken(isStopped: Bool) async throws {
        let store = try await store()
        let (request, bytes) = (try StoreRequest.fresh(), source.bytes)
        if isStopped {
            // As a worker that is killed: nothing is written any more.
            let first = SeekableSource(bytes, .waits(after: Int64(2 * Self.partBytes + 1_000_000)))
            let writing = Task { try await store.storage.store(request, from: first) }
            await first.waiting()
            writing.cancel()
            _ = await writing.result
            first.release()
        } else {
            store.proxy.inject(.breakUpload(after: 2_000_000, .reset), into: .uploadPart, skipping: 2)
            let error = await #expect(throws: StorageError.self) {
                try await store.storage.store(request, from: SeekableSource(bytes))
            }
            #expect(error?.retry != .permanent)
        }
        #expect(try await store.direct.uploads(in: store.bucket) == [request.keyText])
        let count = store.proxy.requests.value.count
        let rest = SeekableSource(bytes)
        let receipt = try await store.storage.store(request.again, from: rest)
        #expect(sent(store, since: count) == 2)
        #expect(receipt.resumedBytes > 0 && receipt.resumedBytes <= 2 * Self.partBytes)
        #expect(rest.taken == receipt.sourceBytes && receipt.verified == .reread)
        try await store.expectOnly(request, sha256: source.sha256)
    }

    @Test("one that nobody has noted is compared with the source, and counts only where it has the same bytes")
    func unnoted() async throws {
        for isSame in [true, false] {
            let store = try await store()
            let (request, bytes) = (try StoreRequest.fresh(), source.bytes)
            let first = SeekableSource(bytes, .fails(after: Int64(2 * Self.partBytes + 1_000_000)))
            await #expect(throws: StorageError.self) { try await store.storage.store(request, from: first) }
            let part = Array(bytes[2 * Self.partBytes..<3 * Self.partBytes])
            try await putPart(3, isSame ? part : part.map { ~$0 }, store)
            var count = store.proxy.requests.value.count
            if !isSame {
                let error = await #expect(throws: StorageError.self) {
                    try await store.storage.store(request.again, from: SeekableSource(bytes))
                }
                #expect(error?.code == .integrityMismatch && error?.retry != .permanent)
                #expect(sent(store, since: count) == 0)
                count = store.proxy.requests.value.count
            }
            let receipt = try await store.storage.store(request.again, from: SeekableSource(bytes))
            #expect(sent(store, since: count) == (isSame ? 1 : 4))
            #expect((receipt.resumedBytes > 0) == isSame)
            try await store.expectOnly(request, sha256: source.sha256)
        }
    }
}
