import Cryptography
import ServiceRuntime
import StowageContract
import Testing
import Transfer

@testable import StorageDrivers

/// The examples of the S3 API reference ("Authenticating Requests (AWS Signature Version 4)").
@Suite("Signing requests to S3")
struct SignatureV4Tests {
    static let credentials = S3Credentials(
        accessKey: "AKIAIOSFODNN7EXAMPLE", secretKey: Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"))
    static let time = Timestamp("2013-05-24T00:00:00Z")!
    static let signature = SignatureV4(region: "us-east-1")
    static let bucket = "https://examplebucket.s3.amazonaws.com"

    private func authorization(_ request: TransferRequest, _ payload: S3Payload = .empty) -> String {
        var request = request
        Self.signature.sign(&request, payload: payload, with: Self.credentials, at: Self.time)
        return request.headers["Authorization"] ?? ""
    }

    @Test("a range of an object")
    func range() throws {
        let request = TransferRequest(
            "GET", try TransferURL("\(Self.bucket)/test.txt"), headers: [("Range", "bytes=0-9")])
        let expected = """
            AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, \
            SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, \
            Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41
            """
        #expect(authorization(request) == expected)
    }

    @Test(
        "the life cycle of a bucket and its listing",
        arguments: [
            ("/?lifecycle", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
            ("/?max-keys=2&prefix=J", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
            ("/?prefix=J&max-keys=2", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
        ])
    func bucket(target: String, signature: String) throws {
        let request = TransferRequest("GET", try TransferURL(Self.bucket + target))
        #expect(authorization(request).hasSuffix("Signature=\(signature)"))
    }

    @Test("an upload, whose example signs the date field too")
    func upload() throws {
        let scope = SigningScope(at: Self.time, region: "us-east-1", service: "s3")
        let payload = S3Payload.of(Array("Welcome to Amazon S3.".utf8))
        #expect(payload.text == "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072")
        let request = CanonicalRequest(
            method: "PUT", path: "/" + AWSEncoding.encode("test$file.text", keepingSlash: true),
            query: CanonicalQuery(),
            headers: [
                ("Date", "Fri, 24 May 2013 00:00:00 GMT"), ("Host", "examplebucket.s3.amazonaws.com"),
                ("X-Amz-Date", scope.moment), ("X-Amz-Storage-Class", "REDUCED_REDUNDANCY"),
                ("X-Amz-Content-Sha256", payload.text),
            ], payload: payload.text)
        #expect(
            scope.key(of: Self.credentials).signature(of: scope.stringToSign(request))
                == "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")
    }

    @Test("a URL that lets its holder read for a day")
    func presigned() throws {
        let url = try Self.signature.presign(
            method: "GET", url: TransferURL("\(Self.bucket)/test.txt"), headers: [], expiresSeconds: 86_400,
            with: Self.credentials, at: Self.time)
        let expected = """
            https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256\
            &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z\
            &X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
            &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404
            """
        #expect(url.exposed == expected)
        #expect("\(url)" == "‹secret›")
    }

    @Test("a signed URL keeps its parameters, takes more, and names the fields that must come with it")
    func presignedWithMore() throws {
        var credentials = Self.credentials
        credentials.sessionToken = Secret("to/ken+=")
        let url = try Self.signature.presign(
            method: "PUT", url: TransferURL("http://[::1]:7480/bucket/a%20b?versionId=3%2F4&uploads"),
            headers: [("X-Amz-Meta-A", "b"), ("Content-Type", "text/plain")],
            query: [("response-content-disposition", "attachment; filename=\"ü+ö\"")],
            expiresSeconds: 604_800, with: credentials, at: Self.time
        ).exposed
        #expect(url.hasPrefix("http://[::1]:7480/bucket/a%20b?X-Amz-Algorithm="))
        #expect(url.contains("&X-Amz-SignedHeaders=content-type%3Bhost%3Bx-amz-meta-a&"))
        #expect(url.contains("&X-Amz-Security-Token=to%2Fken%2B%3D&"))
        #expect(
            url.contains(
                "&response-content-disposition=attachment%3B%20filename%3D%22%C3%BC%2B%C3%B6%22&uploads=&versionId=3%2F4&"
            ))
        // It can be read, and is sent as it was signed.
        let parsed = try TransferURL(url)
        #expect(parsed.exposed == url)
        #expect(url.hasSuffix("&X-Amz-Signature=\(url.suffix(64))"))
    }

    @Test("a URL cannot be signed for longer than seven days, nor twice", arguments: [0, -1, 604_801])
    func refused(seconds: Int) throws {
        let url = try TransferURL("\(Self.bucket)/a")
        #expect { try presign(url, seconds) } throws: { ($0 as? TransferError)?.kind == .invalidRequest }
        let signed = try TransferURL("\(Self.bucket)/a?X-Amz-Expires=5")
        #expect { try presign(signed, 60) } throws: { ($0 as? TransferError)?.kind == .invalidRequest }
        #expect(throws: Never.self) { try presign(url, 60) }
    }

    private func presign(_ url: TransferURL, _ seconds: Int) throws -> Secret {
        try Self.signature.presign(
            method: "GET", url: url, headers: [], expiresSeconds: seconds, with: Self.credentials, at: Self.time)
    }

    @Test("what is signed: the fields that mean something to the store, and no others")
    func signedFields() throws {
        let request = TransferRequest(
            "PUT", try TransferURL("\(Self.bucket)/a"),
            headers: [
                ("If-None-Match", "*"), ("if-modified-since", "x"), ("x-AMZ-meta-a", "1"), ("Content-MD5", "m"),
                ("Content-Type", "text/plain"), ("Accept", "no"), ("X-Other", "no"), ("User-Agent", "no"),
            ])
        let names = """
            content-md5;content-type;host;if-modified-since;if-none-match;x-amz-content-sha256;x-amz-date;x-amz-meta-a
            """
        #expect(authorization(request).contains("SignedHeaders=\(names), "))
    }

    @Test("signing again replaces what signing added, and nothing else")
    func again() throws {
        var lent = Self.credentials
        lent.sessionToken = Secret("token")
        let plain = TransferRequest("PUT", try TransferURL("\(Self.bucket)/a"), headers: [("X-Amz-Meta-A", "1")])
        var twice = plain
        Self.signature.sign(&twice, payload: .streaming(size: 3), with: lent, at: Timestamp(millisecondsSinceEpoch: 0))
        #expect(twice.headers["X-Amz-Security-Token"] == "token")
        #expect(twice.headers["Content-Encoding"] == "aws-chunked")
        #expect(twice.headers["X-Amz-Decoded-Content-Length"] == "3")
        Self.signature.sign(&twice, payload: .streaming(size: 3), with: Self.credentials, at: Self.time)
        var once = plain
        Self.signature.sign(&once, payload: .streaming(size: 3), with: Self.credentials, at: Self.time)
        #expect(twice.headers["Authorization"] == once.headers["Authorization"])
        #expect(Set(twice.headers.fields.map(\.name)) == Set(once.headers.fields.map(\.name)))
        #expect(twice.headers.fields.count == once.headers.fields.count)
    }

    @Test("an encoding that the content has anyway stays inside of the chunks")
    func contentEncoding() throws {
        var request = TransferRequest(
            "PUT", try TransferURL("\(Self.bucket)/a"), headers: [("content-encoding", "gzip")])
        for _ in 0..<2 {
            Self.signature.sign(
                &request, payload: .unsignedTrailer(size: 3, trailer: "x-amz-checksum-crc32c"), with: Self.credentials,
                at: Self.time)
            #expect(request.headers.values(of: "Content-Encoding") == ["aws-chunked,gzip"])
            #expect(request.headers["X-Amz-Trailer"] == "x-amz-checksum-crc32c")
        }
    }

    @Test("nothing that signs can be printed")
    func secrets() throws {
        var credentials = Self.credentials
        credentials.sessionToken = Secret("tokenEXAMPLE")
        var request = TransferRequest("GET", try TransferURL("\(Self.bucket)/a"))
        let signer = Self.signature.sign(&request, payload: .streaming(size: 1), with: credentials, at: Self.time)
        let key = SigningScope(at: Self.time, region: "us-east-1", service: "s3").key(of: credentials)
        for value: Any in [credentials, signer, key] {
            var text = "\(value) \(String(reflecting: value))"
            dump(value, to: &text)
            #expect(!text.contains("wJalr") && !text.contains("tokenEXAMPLE") && !text.contains("bytes"))
        }
    }
}
