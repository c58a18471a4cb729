import DriverConformance
import Storage
import StowageContract
import TestSupport
import Testing

/// Uploads that break off, and what the next delivery sends of them.
@Suite("Uploads in parts that break off", .timeLimit(.minutes(3)))
struct ResumptionFaultTests {
    private static let partBytes = 5 << 20
    private let source = GeneratedSource(size: Int64(4 * partBytes))

    /// The bytes of parts that have gone to the store since a number of requests.
    private func sent(_ store: FaultyStore, since count: Int = 0) -> [Int] {
        store.proxy.requests.value[count...].filter { $0.operation == .uploadPart }.map(\.forwardedBytes)
    }

    @Test(
        "a part that breaks is sent again with what follows, and nothing before it",
        arguments: [Fault.breakUpload(after: 2_000_000, .reset), .breakUpload(after: 2_000_000, .stall), .slowDown])
    func brokenPart(fault: Fault) async throws {
        let store = try await FaultyStore(partsAtOnce: 1)
        let (request, bytes) = (try StoreRequest.fresh(), source.bytes)
        store.proxy.inject(fault, into: .uploadPart, skipping: 2)
        let error = await #expect(throws: StorageError.self) {
            try await store.storage.store(request, from: SeekableSource(bytes))
        }
        #expect(error?.retry != .permanent)
        #expect(try await store.direct.uploads(in: store.bucket) == [request.keyText])
        let count = store.proxy.requests.value.count
        let rest = SeekableSource(bytes)
        let receipt = try await store.storage.store(request.again, from: rest)
        #expect(sent(store, since: count) == [Self.partBytes, Self.partBytes])
        #expect(receipt.resumedBytes > 0 && receipt.resumedBytes <= 2 * Self.partBytes)
        #expect(rest.taken == receipt.sourceBytes && receipt.verified == .reread)
        try await store.expectOnly(request, sha256: source.sha256)
    }

    @Test("the answer to the completion is lost: the next delivery sends nothing, and finds one archive")
    func lostCompletion() async throws {
        let store = try await FaultyStore()
        let (request, bytes) = (try StoreRequest.fresh(), source.bytes)
        store.proxy.inject(.resetAfter, into: .completeUpload)
        let error = await #expect(throws: StorageError.self) {
            try await store.storage.store(request, from: SeekableSource(bytes))
        }
        #expect(error?.isAmbiguous == true)
        let count = store.proxy.requests.value.count
        let receipt = try await store.storage.store(request.again, from: SeekableSource(bytes))
        #expect(receipt.alreadyPresent && sent(store, since: count).isEmpty)
        try await store.expectOnly(request, sha256: source.sha256)
    }

    @Test("a completion that the store has not heard of is made by the next delivery, which sends nothing else")
    func unheardCompletion() async throws {
        let store = try await FaultyStore()
        let (request, bytes) = (try StoreRequest.fresh(), source.bytes)
        store.proxy.inject(.internalError, into: .completeUpload)
        let error = await #expect(throws: StorageError.self) {
            try await store.storage.store(request, from: SeekableSource(bytes))
        }
        #expect(error?.isAmbiguous == true)
        #expect(try await store.keys().contains(request.keyText) == false)
        let count = store.proxy.requests.value.count
        let receipt = try await store.storage.store(request.again, from: SeekableSource(bytes))
        #expect(!receipt.alreadyPresent && sent(store, since: count).isEmpty)
        try await store.expectOnly(request, sha256: source.sha256)
    }

    @Test("an upload that somebody has ended is begun anew", arguments: [true, false])
    func endedUpload(isUnderWay: Bool) async throws {
        let store = try await FaultyStore(partsAtOnce: 1)
        let (request, bytes) = (try StoreRequest.fresh(), source.bytes)
        let half = Int64(2 * Self.partBytes)
        let first = SeekableSource(bytes, isUnderWay ? .waits(after: half) : .fails(after: half))
        let writing = Task { try await store.storage.store(request, from: first) }
        if isUnderWay { await first.waiting() } else { _ = await writing.result }
        try await store.direct.python(
            """
            for upload in s3.list_multipart_uploads(Bucket=arguments[0])["Uploads"]:
                s3.abort_multipart_upload(Bucket=arguments[0], Key=upload["Key"], UploadId=upload["UploadId"])
            """, store.bucket)
        first.release()
        let error = await #expect(throws: StorageError.self) { try await writing.value }
        #expect(error?.code == .unavailable && error?.retry != .permanent)
        let count = store.proxy.requests.value.count
        let receipt = try await store.storage.store(request.again, from: SeekableSource(bytes))
        #expect(receipt.resumedBytes == 0 && !receipt.alreadyPresent)
        #expect(sent(store, since: count).count == 4)
        try await store.expectOnly(request, sha256: source.sha256)
    }

    @Test("a part that somebody has exchanged is found out before anybody hears of the archive")
    func exchangedPart() async throws {
        let store = try await FaultyStore(partsAtOnce: 1)
        let (request, bytes) = (try StoreRequest.fresh(), source.bytes)
        let first = SeekableSource(bytes, .fails(after: Int64(3 * Self.partBytes)))
        await #expect(throws: StorageError.self) { try await store.storage.store(request, from: first) }
        try await store.direct.python(
            """
            upload = s3.list_multipart_uploads(Bucket=arguments[0])["Uploads"][0]
            s3.upload_part(Bucket=arguments[0], Key=upload["Key"], UploadId=upload["UploadId"], PartNumber=1,
                           Body=bytes(5 << 20))
            """, store.bucket)
        let receipt = try await store.storage.store(request.again, from: SeekableSource(bytes))
        #expect(receipt.handle.sha256 == source.sha256)
        try await store.expectOnly(request, sha256: source.sha256)
    }
}
