import ServiceRuntime
import Storage
import StorageDrivers
import StowageContract
import TestSupport
import Testing

@Suite("Buckets with a quota", .timeLimit(.minutes(2)))
struct QuotaTests {
    @Test("a full bucket says so, and still gives back what it has, also to a worker that comes later")
    func full() async throws {
        let server = try await RGWServer.shared()
        let bucket = try await server.account.makeBucket("full")
        let before = try await server.account.storage(bucket) { $0.partSizeBytes = 5 << 20 }
        let bytes = [UInt8](repeating: 3, count: 100_000)
        let id = try #require(TaskID("kept"))
        let kept = try await before.store(StoreRequest(taskID: id, name: "a.bin"), from: BytesSource(bytes)).handle
        try await server.setQuota(of: bucket, bytes: 150_000)
        let after = try await server.account.storage(bucket) { $0.partSizeBytes = 5 << 20 }
        let capacity = try await after.capacity()
        // Ceph counts in KiB.
        #expect((150_000..<152_000).contains(capacity.totalBytes ?? 0), "\(capacity)")
        for (storage, count) in [(before, 100_000), (after, 100_000), (after, 6 << 20)] {
            let request = StoreRequest(taskID: try #require(TaskID("more-\(count)")), name: "b.bin")
            let error = await #expect(throws: StorageError.self) {
                try await storage.store(request, from: BytesSource([UInt8](repeating: 4, count: count)))
            }
            #expect(error?.code == .outOfSpace, "\(String(describing: error))")
            #expect(try await after.stat(.key("more-\(count)/b.bin")) == nil)
        }
        #expect(try await server.account.uploads(in: bucket) == [])
        let found = try await after.withArchive(.handle(kept)) { (body, _) async throws(StorageError) in
            var count = 0
            while let chunk = try await body.next() { count += chunk.count }
            return count
        }
        #expect(found == 100_000)
    }
}
