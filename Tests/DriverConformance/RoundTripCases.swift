import Storage
import StowageContract
import Testing

extension ConformanceCase {
    static let roundTrips: [ConformanceCase] = [
        roundTrip(of: 0), roundTrip(of: 1), roundTrip(of: 5 << 20 | 1),
        ConformanceCase("300 MiB pass through without being held", where: { !$0.capabilities.isVolatile }) { harness in
            let store = try await harness.open()
            let source = GeneratedSource(size: 300 << 20)
            let request = StoreRequest(taskID: freshID(), name: "long.bin", size: source.size)
            let memory = PeakMemory()
            let receipt = try await store.store(request, source)
            #expect(receipt.handle.size == source.size)
            #expect(receipt.handle.sha256 == source.sha256)
            try await store.delivered { _ in
                try await store.storage.withArchive(.key(receipt.handle.key)) { (body, _) async throws(StorageError) in
                    while try await body.next() != nil {}
                }
            }
            // Other cases run beside this one and hold some 150 MiB; whoever held the archive would show all of it.
            guard harness.measuresMemory, PeakMemory.isOurs else { return }
            #expect(memory.growth < 250 << 20, "the process grew by \(memory.growth >> 20) MiB")
        },
        ConformanceCase("a handle says everything that the task said") { harness in
            let store = try await harness.open()
            let source = GeneratedSource(size: 1000)
            let request = StoreRequest(
                taskID: freshID(), name: "quiz.tar.gz", path: "course-12/förder", size: 1000, sha256: source.sha256,
                mediaType: "application/gzip", metadata: ["course": "12", "title": "Größe ≤ 3 — “fertig” 🎓"])
            let receipt = try await store.store(request, source)
            let handle = receipt.handle
            #expect(handle.driver == store.storage.name)
            #expect(handle.key == request.keyText)
            #expect(handle.name == "quiz.tar.gz")
            #expect(handle.size == 1000)
            #expect(handle.sha256 == source.sha256)
            #expect(handle.mediaType == "application/gzip")
            #expect(handle.metadata == request.metadata)
            #expect(handle.taskID == request.taskID)
            #expect(handle.storeID == store.storage.storeID)
            #expect(try await store.stat(handle.key) == handle)
        },
        ConformanceCase("a driver's prefix stands before every key and shows in none") { harness in
            var settings = DriverSettings()
            settings.prefix = "tenant-ä/archive"
            let store = try await harness.open(settings)
            let request = StoreRequest(taskID: freshID(), name: "a.bin", path: "p")
            let receipt = try await store.store(request, GeneratedSource(size: 10))
            #expect(receipt.handle.key == request.keyText)
            #expect(try await store.bytes(receipt.handle.key).count == 10)
            guard store.storage.capabilities.list else { return }
            #expect(try await store.keys("p/") == [request.keyText])
        },
    ]

    private static func roundTrip(of size: Int64) -> ConformanceCase {
        ConformanceCase("\(size) bytes come back as they went in") { harness in
            let store = try await harness.open()
            let source = GeneratedSource(size: size)
            let request = StoreRequest(taskID: freshID(), name: "archive.bin", size: size, sha256: source.sha256)
            let receipt = try await store.store(request, source)
            #expect(receipt.handle.size == size)
            #expect(receipt.handle.sha256 == source.sha256)
            #expect(harness.stack == .faulty || !receipt.alreadyPresent)
            #expect(receipt.verified == (harness.capabilities.serverDigest == nil ? .reread : .server))
            let expected = source.bytes
            #expect(try await store.bytes(receipt.handle.key) == expected)
        }
    }
}
