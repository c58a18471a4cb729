import Storage
import StowageContract
import Testing
import Transfer

@testable import StorageDrivers

@Suite("What the answers of object stores mean")
struct S3ErrorsTests {
    struct Row: Sendable {
        var status: Int
        var server: String?
        var code: ErrorCode
        var isPermanent: Bool
        var method = "PUT"
        var isAmbiguous = false
    }

    @Test(
        "by code, and by status where there is none",
        arguments: [
            Row(status: 412, server: "PreconditionFailed", code: .conflict, isPermanent: true),
            Row(status: 412, server: nil, code: .conflict, isPermanent: true),
            Row(status: 409, server: "ConditionalRequestConflict", code: .unavailable, isPermanent: false),
            Row(status: 503, server: "SlowDown", code: .rateLimited, isPermanent: false),
            Row(status: 503, server: nil, code: .unavailable, isPermanent: false, isAmbiguous: true),
            Row(status: 503, server: nil, code: .unavailable, isPermanent: false, method: "GET"),
            Row(status: 500, server: "InternalError", code: .unavailable, isPermanent: false, isAmbiguous: true),
            // A completed upload is answered before it is complete.
            Row(status: 200, server: "InternalError", code: .unavailable, isPermanent: false, isAmbiguous: true),
            Row(status: 403, server: "QuotaExceeded", code: .outOfSpace, isPermanent: false),
            Row(status: 403, server: "AccessDenied", code: .permissionDenied, isPermanent: true),
            Row(status: 403, server: "SignatureDoesNotMatch", code: .unauthenticated, isPermanent: true),
            Row(status: 400, server: "ExpiredToken", code: .unauthenticated, isPermanent: true),
            Row(status: 403, server: "RequestTimeTooSkewed", code: .unauthenticated, isPermanent: true),
            Row(status: 404, server: "NoSuchUpload", code: .unavailable, isPermanent: false),
            Row(status: 404, server: "NoSuchBucket", code: .unavailable, isPermanent: false),
            Row(status: 404, server: "NoSuchKey", code: .notFound, isPermanent: true, method: "GET"),
            Row(status: 403, server: "InvalidObjectState", code: .unavailable, isPermanent: false, method: "GET"),
            Row(status: 400, server: "BadDigest", code: .integrityMismatch, isPermanent: false),
            Row(status: 400, server: "EntityTooLarge", code: .tooLarge, isPermanent: true),
            Row(status: 501, server: "NotImplemented", code: .unsupported, isPermanent: true),
            Row(status: 301, server: "PermanentRedirect", code: .unavailable, isPermanent: true),
            Row(status: 418, server: nil, code: .unexpected, isPermanent: false),
        ])
    func meaning(row: Row) {
        let error = S3Errors.error(
            status: row.status, row.server.map { S3Failure(code: $0) }, [], S3Call(row.method, "k"),
            at: Timestamp(millisecondsSinceEpoch: 0))
        #expect(error.code == row.code)
        #expect((error.retry == .permanent) == row.isPermanent)
        #expect(error.isAmbiguous == row.isAmbiguous)
        #expect(error.context["serverCode"] == row.server)
        #expect(error.context["status"] == String(row.status))
    }

    @Test("a store that asks for a pause gets it, within reason")
    func pause() {
        for (header, seconds) in [("7", 7), ("999999999", 86_400)] {
            let error = S3Errors.error(
                status: 503, S3Failure(code: "SlowDown"), [("Retry-After", header)], S3Call("PUT", "k"),
                at: Timestamp(millisecondsSinceEpoch: 0))
            #expect(error.retry == .transient(after: .seconds(seconds)))
        }
    }

    @Test("only a wrong clock and credentials that ran out are mended and asked again")
    func mending() {
        #expect(S3Errors.mending(403, S3Failure(code: "RequestTimeTooSkewed"), secondsAhead: 5000) == .clock)
        #expect(S3Errors.mending(403, S3Failure(code: "RequestTimeTooSkewed"), secondsAhead: 0) == nil)
        #expect(S3Errors.mending(403, nil, secondsAhead: -900) == .clock)
        #expect(S3Errors.mending(403, nil, secondsAhead: 100) == nil)
        #expect(S3Errors.mending(400, S3Failure(code: "ExpiredToken"), secondsAhead: 0) == .credentials)
        #expect(S3Errors.mending(403, S3Failure(code: "AccessDenied"), secondsAhead: 9000) == nil)
        #expect(S3Errors.mending(503, S3Failure(code: "SlowDown"), secondsAhead: 0) == nil)
    }

    @Test("what a request broke off with says whether its effect may have happened")
    func transfers() {
        for kind in TransferError.Kind.allCases {
            let broken = TransferError(kind, "words", mayHaveSent: true)
            #expect(S3Errors.error(broken, S3Call("PUT", "k")).isAmbiguous)
            #expect(!S3Errors.error(broken, S3Call("GET", "k")).isAmbiguous)
            #expect(!S3Errors.error(TransferError(kind, "words"), S3Call("PUT", "k")).isAmbiguous)
        }
        let inner = StorageError(.notFound, .permanent, "the source is gone", at: .source)
        let wrapped = TransferError(.requestBody, "the body failed", underlying: inner)
        #expect(S3Errors.error(wrapped, S3Call("PUT", "k")).place == .source)
        let timeout = S3Errors.error(TransferError(.timeout, "late", mayHaveSent: true), S3Call("PUT", "k"))
        #expect(timeout.code == .timedOut && timeout.retry == .transient(after: nil))
    }

    @Test(
        "an error is found in the documents that stores send",
        arguments: [
            ("<Error><Code>SlowDown</Code><RequestId>r</RequestId></Error>", "SlowDown", true),
            (
                "<?xml version=\"1.0\"?><ErrorResponse><Errors><Error><Code>X</Code></Error></Errors></ErrorResponse>",
                "X",
                false
            ),
            ("<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>", nil, false),
            ("not a document", nil, false), ("", nil, false),
        ] as [(String, String?, Bool)])
    func documents(text: String, code: String?, isWhole: Bool) {
        let failure = S3Failure(Array(text.utf8))
        #expect(failure?.code == code)
        if code != nil { #expect(failure?.isWhole == isWhole) }
    }
}
