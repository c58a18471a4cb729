import DriverConformance
import Storage
import StowageContract
import TestSupport
import Testing

/// What goes wrong between worker and store ends in success or the right error, and the next delivery in success.
@Suite("Faults on the way to the store", .timeLimit(.minutes(5)))
struct FaultTests {
    /// A fault in the way of one store.
    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var operation = S3Operation.putObject
        var fault: Fault
        /// What the delivery ends with; `nil`: it succeeds all the same.
        var code: ErrorCode?
        /// Whether the worker must look before it says or does anything else.
        var isAmbiguous = true
        /// Whether the archive stands although nobody was told.
        var stands = false
        var isPermanent = false
        /// So many requests of that kind pass before.
        var skipping = 0
        /// Whether libcurl may have asked again: it does where a kept connection breaks before anything of a body has gone.
        var mayBeAskedAgain = false
    }

    private static func error(_ status: String, _ code: String, _ headers: [(name: String, value: String)] = [])
        -> Fault
    {
        .answer(.s3Error(status, code, headers: headers), readingBody: true)
    }

    static let whole = [
        Row(testDescription: "500", fault: .internalError, code: .unavailable),
        Row(testDescription: "503", fault: .slowDown, code: .rateLimited, isAmbiguous: false),
        Row(
            testDescription: "429", fault: error("429 Too Many", "TooManyRequests"), code: .rateLimited,
            isAmbiguous: false),
        Row(
            testDescription: "502 without words", fault: .answer(Reply("502 Bad"), readingBody: true),
            code: .unavailable),
        Row(testDescription: "reset before", fault: .resetBefore, code: .unavailable, mayBeAskedAgain: true),
        Row(testDescription: "reset in the body", fault: .breakUpload(after: 30_000, .reset), code: .unavailable),
        Row(testDescription: "reset after", fault: .resetAfter, code: .unavailable, stands: true),
        Row(testDescription: "closed after", fault: .breakAnswer(.nothing, .close), code: .unavailable, stands: true),
        Row(
            testDescription: "500 after", fault: .replaceAnswer(.s3Error("500 No", "InternalError")),
            code: .unavailable,
            stands: true),
        Row(testDescription: "an error in 200", fault: .errorInSuccess, code: .unavailable),
        Row(testDescription: "stalled before", fault: .stallBefore, code: .timedOut),
        Row(testDescription: "stalled after", fault: .stallAfter, code: .timedOut, stands: true),
        Row(
            testDescription: "refused", fault: error("403 Forbidden", "AccessDenied"), code: .permissionDenied,
            isAmbiguous: false, isPermanent: true),
        Row(
            testDescription: "full", fault: error("403 Forbidden", "QuotaExceeded"), code: .outOfSpace,
            isAmbiguous: false),
        Row(
            testDescription: "other bytes arrived", fault: error("400 Bad Request", "BadDigest"),
            code: .integrityMismatch, isAmbiguous: false),
        Row(
            testDescription: "somebody at the same key", fault: error("409 Conflict", "ConditionalRequestConflict"),
            code: .unavailable, isAmbiguous: false),
        Row(
            testDescription: "the look before fails", operation: .listObjects, fault: .internalError,
            code: .unavailable,
            isAmbiguous: false),
        Row(
            testDescription: "the look after fails", operation: .getObject, fault: .internalError, code: .unavailable,
            stands: true),
        Row(
            testDescription: "the look after gets no answer, and is made again by libcurl", operation: .getObject,
            fault: .resetBefore),
        Row(testDescription: "slow", fault: .throttle(bytesPerSecond: 50_000), code: nil),
        Row(testDescription: "late", fault: .delay(.seconds(1)), code: nil),
    ]

    static let parts = [
        Row(testDescription: "beginning: 500", operation: .createUpload, fault: .internalError, code: .unavailable),
        Row(
            testDescription: "beginning: no answer, and begun again by libcurl", operation: .createUpload,
            fault: .resetAfter),
        Row(
            testDescription: "part: 500", operation: .uploadPart, fault: .internalError, code: .unavailable, skipping: 1
        ),
        Row(
            testDescription: "part: 503", operation: .uploadPart, fault: .slowDown, code: .rateLimited,
            isAmbiguous: false, skipping: 2),
        Row(
            testDescription: "part: reset in the body", operation: .uploadPart,
            fault: .breakUpload(after: 2_000_000, .reset), code: .unavailable, skipping: 1),
        Row(
            testDescription: "part: stalled in the body", operation: .uploadPart,
            fault: .breakUpload(after: 2_000_000, .stall), code: .timedOut, skipping: 1),
        Row(
            testDescription: "part: the upload is gone", operation: .uploadPart,
            fault: error("404 Not Found", "NoSuchUpload"), code: .unavailable, isAmbiguous: false),
        Row(
            testDescription: "part: slow", operation: .uploadPart, fault: .throttle(bytesPerSecond: 3_000_000),
            code: nil),
        Row(testDescription: "end: 500", operation: .completeUpload, fault: .internalError, code: .unavailable),
        Row(
            testDescription: "end: 503", operation: .completeUpload, fault: .slowDown, code: .rateLimited,
            isAmbiguous: false),
        Row(
            testDescription: "end: an error in 200", operation: .completeUpload, fault: .errorInSuccess,
            code: .unavailable),
        Row(
            testDescription: "end: an error in 200 and the archive there", operation: .completeUpload,
            fault: .replaceAnswer(.s3Error("200 OK", "InternalError")), code: .unavailable, stands: true),
        Row(
            testDescription: "end: nothing in 200 and the archive there", operation: .completeUpload,
            fault: .replaceAnswer(Reply("200 OK")), code: .unavailable, stands: true),
        Row(
            testDescription: "end: reset before", operation: .completeUpload, fault: .resetBefore, code: .unavailable,
            mayBeAskedAgain: true),
        Row(
            testDescription: "end: reset after", operation: .completeUpload, fault: .resetAfter, code: .unavailable,
            stands: true),
        Row(
            testDescription: "end: the answer is cut", operation: .completeUpload, fault: .cutAnswer,
            code: .unavailable,
            stands: true),
        Row(
            testDescription: "end: stalled after", operation: .completeUpload, fault: .stallAfter, code: .timedOut,
            stands: true),
        Row(
            testDescription: "end: gone, as it had been completed", operation: .completeUpload,
            fault: .replaceAnswer(.s3Error("404 Not Found", "NoSuchUpload")), code: nil),
    ]

    @Test("an archive that is sent at once", arguments: whole)
    func atOnce(row: Row) async throws { try await store(row, size: 65_536) }

    @Test("an archive that is sent in parts", arguments: parts)
    func inParts(row: Row) async throws { try await store(row, size: 12 << 20) }

    private func store(_ row: Row, size: Int64) async throws {
        let store = try await FaultyStore()
        let source = GeneratedSource(size: size)
        let request = try StoreRequest.fresh()
        store.proxy.inject(row.fault, into: row.operation, skipping: row.skipping)
        var isDone = false
        do throws(StorageError) {
            let receipt = try await store.storage.store(request, from: source)
            #expect(row.code == nil || row.mayBeAskedAgain)
            #expect(receipt.handle.sha256 == source.sha256)
            isDone = true
        } catch {
            #expect(error.code == row.code, "\(error)")
            #expect((error.retry == .permanent) == row.isPermanent, "\(error)")
            if row.stands || !row.isAmbiguous { #expect(error.isAmbiguous == row.isAmbiguous, "\(error)") }
            #expect(try await store.keys().contains(request.keyText) == row.stands)
        }
        #expect(store.proxy.requests.value.contains { $0.fault != nil })
        store.proxy.heal()
        let receipt = try await store.storage.store(request.again, from: source)
        #expect(receipt.alreadyPresent == (row.stands || isDone))
        #expect(receipt.handle.sha256 == source.sha256)
        try await store.expectOnly(request, sha256: source.sha256)
        #expect(try await store.storage.bytes(request.keyText) == source.bytes)
    }

    @Test("a store that asks for time gets it")
    func retryAfter() async throws {
        let store = try await FaultyStore()
        let request = try StoreRequest.fresh()
        store.proxy.inject(Self.error("503 Slow Down", "SlowDown", [("Retry-After", "1")]), into: .putObject)
        let error = await #expect(throws: StorageError.self) {
            try await store.storage.store(request, from: BytesSource([1, 2, 3]))
        }
        #expect(error?.code == .rateLimited && error?.retry == .transient(after: .seconds(1)))
        let count = store.proxy.requests.value.count
        let refused = await #expect(throws: StorageError.self) {
            try await store.storage.store(request, from: BytesSource([1, 2, 3]))
        }
        #expect(refused?.code == .rateLimited && store.proxy.requests.value.count == count)
    }
}
