import Foundation
import TestSupport
import Testing

/// The proxy between worker and store does what the S3 tests take it to do, with curl and boto3 as its clients.
@Suite("The fault proxy", .timeLimit(.minutes(3)))
struct FaultProxyTests {
    @Test("What is asked and answered passes as it is, on one connection, and is counted")
    func passes() async throws {
        let place = try await ProxiedStore()
        let digest = try await place.account.python(
            """
            body = bytes(range(256)) * 20_000
            s3.put_object(Bucket=arguments[0], Key="a b", Body=body, Metadata={"x": "y"})
            answer = s3.get_object(Bucket=arguments[0], Key="a b")
            assert answer["Body"].read() == body
            s3.head_object(Bucket=arguments[0], Key="a b")
            s3.list_objects_v2(Bucket=arguments[0])
            s3.delete_object(Bucket=arguments[0], Key="gone")
            print(hashlib.sha256(body).hexdigest())
            """, place.bucket)
        let object = try await place.direct.object("a b", in: place.bucket)
        #expect(object.sha256 == digest)
        let requests = place.proxy.requests.value
        #expect(requests.map(\.operation) == [.putObject, .getObject, .headObject, .listObjects, .deleteObject])
        #expect(requests.map(\.status) == [200, 200, 200, 200, 204])
        #expect(requests.map(\.connection) == [0, 0, 0, 0, 0])
        #expect(requests[0].path == "/\(place.bucket)/a%20b")
        #expect(requests[0].bodyBytes == 5_120_000)
        #expect(requests[0].forwardedBytes == 5_120_000)
        #expect(requests[0].headers["expect"] == "100-continue")
        #expect(requests[3].query["list-type"] == "2")
        #expect(place.proxy.accepted == 1)
    }

    @Test("The requests of a multipart upload are told apart")
    func multipart() async throws {
        let place = try await ProxiedStore()
        try await place.account.python(
            """
            bucket, key = arguments[0], "big"
            upload = s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
            place = dict(Bucket=bucket, Key=key, UploadId=upload)
            parts = []
            for number, size in (1, 5 << 20), (2, 5 << 20), (3, 10):
                tag = s3.upload_part(PartNumber=number, Body=bytes(size), **place)["ETag"]
                parts.append({"PartNumber": number, "ETag": tag})
            s3.list_multipart_uploads(Bucket=bucket)
            s3.list_parts(**place)
            s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **place)
            other = s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
            s3.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=other)
            """, place.bucket)
        #expect(
            place.proxy.requests.value.map(\.operation) == [
                .createUpload, .uploadPart, .uploadPart, .uploadPart, .listUploads, .listParts, .completeUpload,
                .createUpload, .abortUpload,
            ])
        #expect(place.proxy.requests(.uploadPart).map(\.forwardedBytes) == [5 << 20, 5 << 20, 10])
        #expect(try await place.direct.object("big", in: place.bucket).size == 10 << 20 + 10)
    }

    /// A fault in the way of one PUT.
    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var fault: Fault
        var outcome: String
        /// Whether the object is there although nobody was told.
        var isStored = false
        /// Whether the store was asked.
        var isForwarded = false
    }

    @Test(
        "A PUT that goes wrong ends as the fault says, and the next one well",
        arguments: [
            Row(testDescription: "500", fault: .internalError, outcome: "InternalError"),
            Row(testDescription: "503", fault: .slowDown, outcome: "SlowDown"),
            Row(testDescription: "the clock", fault: .skewedClock, outcome: "RequestTimeTooSkewed"),
            Row(testDescription: "an old token", fault: .expiredToken, outcome: "ExpiredToken"),
            Row(
                testDescription: "refused before the body",
                fault: .answer(.s3Error("403 Forbidden", "AccessDenied"), readingBody: false), outcome: "AccessDenied"),
            Row(testDescription: "reset before", fault: .resetBefore, outcome: "ConnectionClosedError"),
            Row(
                testDescription: "reset after", fault: .resetAfter, outcome: "ConnectionClosedError", isStored: true,
                isForwarded: true),
            Row(testDescription: "stalled before", fault: .stallBefore, outcome: "ReadTimeoutError"),
            Row(
                testDescription: "stalled after", fault: .stallAfter, outcome: "ReadTimeoutError", isStored: true,
                isForwarded: true),
            Row(
                testDescription: "another answer", fault: .replaceAnswer(.s3Error("500 No", "InternalError")),
                outcome: "InternalError", isStored: true, isForwarded: true),
            Row(
                testDescription: "reset in the body", fault: .breakUpload(after: 3, .reset),
                outcome: "ConnectionClosedError", isForwarded: true),
            Row(
                testDescription: "closed in the body", fault: .breakUpload(after: 3, .close),
                outcome: "ConnectionClosedError", isForwarded: true),
        ])
    func fault(row: Row) async throws {
        let place = try await ProxiedStore()
        place.proxy.inject(row.fault, into: .putObject)
        let outcome = try await place.put("faulty")
        #expect(outcome == row.outcome)
        let request = try #require(place.proxy.requests(.putObject).first)
        #expect((request.forwardedBytes > 0) == row.isForwarded)
        #expect((request.storeStatus == 200) == row.isStored)
        #expect(try await place.put("sound") == "done")
        #expect(
            try await place.direct.keys(in: place.bucket).sorted() == (row.isStored ? ["faulty", "sound"] : ["sound"]))
    }

    @Test("A rule takes the request it is for, and as many as it is told")
    func rules() async throws {
        let place = try await ProxiedStore()
        place.proxy.inject(.slowDown, skipping: 1, times: 2) { $0.path.hasSuffix("/b") }
        let outcomes = try await place.account.python(
            """
            for key in "abbabbb":
                print(outcome(s3.put_object, Bucket=arguments[0], Key=key, Body=b""))
            """, place.bucket)
        #expect(outcomes.split(separator: "\n") == ["done", "done", "SlowDown", "done", "SlowDown", "done", "done"])
        place.proxy.inject(.slowDown, into: .getObject, times: .max)
        place.proxy.heal()
        try await place.account.curl("GET", "/\(place.bucket)/a")
    }

    @Test(
        "CompleteMultipartUpload answers 200 and an error, with the upload completed or not", arguments: [true, false])
    func errorInSuccess(isCompleted: Bool) async throws {
        let place = try await ProxiedStore()
        place.proxy.inject(
            isCompleted ? .replaceAnswer(.s3Error("200 OK", "InternalError")) : .errorInSuccess, into: .completeUpload)
        let outcome = try await place.account.python(
            """
            place = dict(Bucket=arguments[0], Key="key")
            place["UploadId"] = s3.create_multipart_upload(**place)["UploadId"]
            tag = s3.upload_part(PartNumber=1, Body=b"content", **place)["ETag"]
            parts = {"Parts": [{"PartNumber": 1, "ETag": tag}]}
            print(outcome(s3.complete_multipart_upload, MultipartUpload=parts, **place))
            """, place.bucket)
        #expect(outcome == "InternalError")
        #expect(place.proxy.requests(.completeUpload).map(\.status) == [200])
        #expect(try await place.direct.uploads(in: place.bucket) == (isCompleted ? [] : ["key"]))
        #expect(try await place.direct.keys(in: place.bucket) == (isCompleted ? ["key"] : []))
    }

    @Test("An answer that is cut has half of its bytes, and curl sees that it is short")
    func cutAnswer() async throws {
        let place = try await ProxiedStore()
        #expect(try await place.put() == "done")
        place.proxy.inject(.cutAnswer, into: .getObject)
        let failure = await #expect(throws: ChildProcess.Failure.self) {
            try await place.account.curl("GET", "/\(place.bucket)/key")
        }
        #expect(failure?.exit == .code(18))
        #expect(failure?.output == "con")
        #expect(try await place.account.curl("GET", "/\(place.bucket)/key") == "content")
    }

    @Test("Delays and slow connections take their time, and nothing else changes")
    func slow() async throws {
        let place = try await ProxiedStore()
        place.proxy.inject(.delay(.milliseconds(1200)), into: .putObject)
        place.proxy.inject(.throttle(bytesPerSecond: 1_000_000), into: .getObject)
        let took = try await place.account.python(
            """
            import time
            began = time.monotonic()
            s3.put_object(Bucket=arguments[0], Key="key", Body=bytes(1_500_000))
            stored = time.monotonic()
            assert s3.get_object(Bucket=arguments[0], Key="key")["Body"].read() == bytes(1_500_000)
            show([stored - began, time.monotonic() - stored])
            """, place.bucket, as: [Double].self)
        #expect(took[0] >= 1.2)
        #expect(took[1] >= 1.4)
    }

    @Test("Where the gateway has died the client's connection breaks, and works again when it is back")
    func killedGateway() async throws {
        let server = try await RGWServer.start()
        let bucket = try await server.account.makeBucket()
        let proxy = try FaultProxy(to: server.account.endpoint)
        let account = server.account.by(proxy.endpoint)
        try await account.curl("PUT", "/\(bucket)/key")
        try await server.killGateway()
        let failure = await #expect(throws: ChildProcess.Failure.self) {
            try await account.curl("GET", "/\(bucket)/key")
        }
        #expect(failure?.exit == .code(56) || failure?.exit == .code(52))
        try await server.restartGateway()
        try await account.curl("GET", "/\(bucket)/key")
    }

    @Test("Tests can wait for so much of a body to have passed, and a proxy that ends takes its connections with it")
    func watching() async throws {
        let place = try await ProxiedStore()
        place.proxy.bytesPerSecond = 2_000_000
        let script = "print(outcome(s3.put_object, Bucket=arguments[0], Key='key', Body=bytes(20_000_000)))"
        async let outcome = place.account.python(script, place.bucket)
        await place.proxy.requests.first { $0.contains { $0.operation == .putObject && $0.forwardedBytes > 1_000_000 } }
        place.proxy.stop()
        #expect(try await outcome == "ConnectionClosedError")
        #expect(try await place.direct.keys(in: place.bucket) == [])
    }
}
