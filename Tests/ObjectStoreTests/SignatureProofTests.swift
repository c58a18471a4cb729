import DriverConformance
import Storage
import StorageDrivers
import StowageContract
import TestSupport
import Testing

@Suite("Signatures of payloads as proof", .timeLimit(.minutes(2)))
struct SignatureProofTests {
    @Test("a store that refuses other bytes than were signed needs no MD5", arguments: [1000, 12 << 20])
    func honest(size: Int64) async throws {
        let store = try await FaultyStore()
        #expect(store.storage.capabilities.serverDigest == "sha256")
        let source = GeneratedSource(size: size)
        let request = try StoreRequest.fresh()
        let receipt = try await store.storage.store(request, from: source)
        #expect(receipt.verified == .server)
        try await store.expectOnly(request, sha256: source.sha256)
        // Nothing is left of the trial.
        #expect(try await store.direct.keys(in: store.bucket).filter { $0.hasPrefix(".") } == [".stowage-exclusive"])
    }

    @Test("a store that takes whatever comes is held to MD5, and is tried once where it keeps versions")
    func careless() async throws {
        let account = try await MotoServer.shared().account
        for isVersioned in [false, true] {
            let bucket = try await account.makeBucket("careless", objectLock: isVersioned)
            for _ in 1...3 {
                let storage = try await account.storage(bucket) { _ in }
                #expect(storage.capabilities.serverDigest == "md5")
                await storage.close()
            }
            let kept = try await account.python(
                """
                found = s3.list_object_versions(Bucket=arguments[0], Prefix=".stowage-forgery").get("Versions", [])
                show(len(found))
                """, bucket, as: Int.self)
            #expect(kept == 1)
        }
    }

    @Test("nobody who asks for MD5 gets less")
    func asked() async throws {
        let store = try await FaultyStore { $0.checksum = .md5 }
        #expect(store.storage.capabilities.serverDigest == "md5")
        #expect(!store.proxy.requests.value.contains { $0.path.contains("forgery") })
    }
}
