import ServiceRuntime
import Storage
import StowageContract
import StrictCoding
import Testing
import Transfer

@testable import StorageDrivers

@Suite("Configuration of S3 drivers")
struct S3ConfigurationTests {
    private func read(_ json: JSONValue) throws -> S3Configuration {
        try StrictDecoder(path: "drivers.a").decode(S3Configuration.self, from: json)
    }

    @Test("a bucket is enough")
    func least() throws {
        let configuration = try read(["bucket": "archive"])
        #expect(configuration.region == "us-east-1" && !configuration.pathStyle && configuration.checksum == .signature)
        let url = try S3Address(configuration).url("a b/ü+c", query: [S3Query("uploads")])
        #expect(url.exposed == "https://archive.s3.us-east-1.amazonaws.com/a%20b/%C3%BC%2Bc?uploads=")
    }

    @Test("a store of one's own has its buckets in the path, unless told")
    func own() throws {
        let paths = try read(["bucket": "Archive_1", "endpoint": "http://store.example:8080"])
        #expect(try S3Address(paths).url(nil, query: []).exposed == "http://store.example:8080/Archive_1")
        #expect(try S3Address(paths).url("k/n", query: []).exposed == "http://store.example:8080/Archive_1/k/n")
        let hosts = try read(["bucket": "archive", "endpoint": "https://store.example", "pathStyle": .bool(false)])
        #expect(try S3Address(hosts).url("k", query: []).exposed == "https://archive.store.example/k")
    }

    @Test("everything that can be said is understood")
    func all() throws {
        let configuration = try read([
            "bucket": "archive", "endpoint": "https://store.example", "region": "eu-west-1", "accessKey": "A",
            "secretKey": "S", "sessionToken": "T", "checksum": "crc32c",
            "trailingChecksum": .bool(true), "storageClass": "STANDARD_IA",
            "objectLock": ["mode": "compliance", "days": .integer(30)],
            "encryption": ["mode": "sse-kms", "keyId": "k"],
            "tags": ["a": "b"], "partSizeBytes": .integer(16 << 20), "ca": "/etc/ca.pem",
        ])
        #expect(configuration.objectLock == .init(mode: .compliance, days: 30))
        #expect(configuration.encryption == .keyService(id: "k"))
        #expect(configuration.checksum == .crc32c && configuration.trailingChecksum)
        #expect(configuration.partSizeBytes == 16 << 20)
    }

    @Test(
        "what cannot work is refused by its name",
        arguments: [
            (["bucket": "a/b"], "bucket"), (["bucket": "..x"], "bucket"),
            (["bucket": "abc", "endpoint": "ftp://host"], "endpoint"),
            (["bucket": "abc", "endpoint": "https://host/path"], "endpoint"),
            (["bucket": "abc", "endpoint": "https://user:pw@host"], "endpoint"),
            (["bucket": "A_b", "pathStyle": .bool(false)], "endpoint"),
            (["bucket": "abc", "accessKey": "A"], "secretKey"), (["bucket": "abc", "secretKey": "S"], "accessKey"),
            (["bucket": "abc", "sessionToken": "T"], "sessionToken"),
            (["bucket": "abc", "checksum": "sha1"], "checksum"),
            (["bucket": "abc", "checksum": "md5", "trailingChecksum": .bool(true)], "trailingChecksum"),
            (
                [
                    "bucket": "abc", "endpoint": "http://host", "checksum": "sha256", "trailingChecksum": .bool(true),
                ], "trailingChecksum"
            ),
            (["bucket": "abc", "storageClass": "a b"], "storageClass"),
            (["bucket": "abc", "objectLock": ["mode": "hard", "days": .integer(1)]], "mode"),
            (["bucket": "abc", "objectLock": ["mode": "compliance", "days": .integer(0)]], "days"),
            (["bucket": "abc", "encryption": ["mode": "sse-c", "key": "c2hvcnQ="]], "key"),
            (
                [
                    "bucket": "abc", "endpoint": "http://host",
                    "encryption": ["mode": "sse-c", "key": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="],
                ], "encryption"
            ),
            (["bucket": "abc", "partSizeBytes": .integer(1000)], "partSizeBytes"),
            (["bucket": "abc", "region": "eu west"], "region"), (["bucket": "abc", "buckets": "x"], "buckets"),
            (["bucket": "abc", "tags": ["": "x"]], "tags"),
        ] as [(JSONValue, String)])
    func refused(json: JSONValue, member: String) {
        let error = #expect(throws: StrictDecodingError.self) { try read(json) }
        #expect(error?.problems.contains { $0.description.contains(member) } ?? false, "\(String(describing: error))")
    }

    @Test("driverOptions are a storage class and tags, and nothing else")
    func options() throws {
        let options = try S3DriverOptions(["storageClass": "GLACIER", "tags": ["a": "b"]])
        #expect(options.storageClass == "GLACIER" && options.tags == ["a": "b"])
        for wrong: JSONValue in [["class": "X"], ["storageClass": "a\nb"], ["tags": ["a": .integer(1)]], "text"] {
            let error = #expect(throws: StorageError.self) { try S3DriverOptions(wrong) }
            #expect(error?.code == .invalidTask && error?.place == .task)
        }
    }
}
