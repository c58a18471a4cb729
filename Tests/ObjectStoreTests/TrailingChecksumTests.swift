import DriverConformance
import Storage
import StorageDrivers
import StowageContract
import TestSupport
import Testing

/// Checksums that follow the bytes, to moto: it takes them from where they stand, and tells them as those of the object.
@Suite("Checksums that follow their bytes", .timeLimit(.minutes(2)))
struct TrailingChecksumTests {
    /// How an archive of some MiB is sent.
    enum Way: CaseIterable, CustomTestStringConvertible {
        case atOnce, inHeldParts, inPassingParts

        var size: Int64 { self == .atOnce ? 3_000_001 : 12_000_001 }
        var policy: S3UploadPolicy {
            var policy = S3UploadPolicy()
            if self == .inPassingParts { policy.heldPartBytes = 1 << 20 }
            return policy
        }
        var testDescription: String { "\(self)" }
    }

    private func configure(_ configuration: inout S3Configuration, _ checksum: S3Configuration.Checksum) {
        configuration.partSizeBytes = 5 << 20
        configuration.checksum = checksum
        configuration.trailingChecksum = true
    }

    @Test(
        "prove an archive over TLS, however it is sent", arguments: [S3Configuration.Checksum.crc32c, .sha256],
        Way.allCases)
    func proof(checksum: S3Configuration.Checksum, way: Way) async throws {
        let account = try await MotoServer.shared(isSecure: true).account
        let bucket = try await account.makeBucket("trailing")
        let storage = try await account.storage(bucket, policy: way.policy) { configure(&$0, checksum) }
        let (request, source) = (try StoreRequest.fresh(), GeneratedSource(size: way.size))
        #expect(try await storage.store(request, from: source).verified == .server)
        #expect(try await account.object(request.keyText, in: bucket).sha256 == source.sha256)
    }

    @Test("go behind the bytes and not before them", arguments: Way.allCases)
    func place(way: Way) async throws {
        let account = try await MotoServer.shared().account
        let bucket = try await account.makeBucket("trailing")
        let proxy = try FaultProxy(to: account.endpoint)
        let storage = try await account.by(proxy.endpoint).storage(bucket, policy: way.policy) {
            configure(&$0, .sha256)
        }
        let count = proxy.requests.value.count
        let (request, source) = (try StoreRequest.fresh(), GeneratedSource(size: way.size))
        #expect(try await storage.store(request, from: source).verified == .server)
        let sent = proxy.requests.value[count...].filter { $0.headers["x-amz-trailer"] != nil }
        #expect(sent.count == (way == .atOnce ? 1 : 3))
        for request in sent {
            #expect(request.headers["x-amz-trailer"] == "x-amz-checksum-sha256")
            #expect(request.headers["x-amz-content-sha256"] == "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
            #expect(request.headers["x-amz-checksum-sha256"] == nil)
        }
        let lengths = sent.compactMap { $0.headers["x-amz-decoded-content-length"].flatMap { Int64($0) } }
        #expect(lengths.reduce(0, +) == way.size)
        #expect(try await account.object(request.keyText, in: bucket).sha256 == source.sha256)
    }
}
