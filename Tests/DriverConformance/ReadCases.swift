import Storage
import StowageContract
import Testing

extension ConformanceCase {
    static let reads: [ConformanceCase] = [
        ConformanceCase("parts are read as asked for") { harness in
            let store = try await harness.open()
            let source = GeneratedSource(size: 3 << 20 | 5)
            let request = StoreRequest(taskID: freshID(), name: "parts.bin")
            let handle = try await store.store(request, source).handle
            let bytes = source.bytes
            let ranges: [(offset: Int64, length: Int64?)] = [
                (0, 1), (0, nil), (1, 0), (1000, 2 << 20), (handle.size - 1, 1), (handle.size, nil),
                (1 << 20, 1 << 20), (handle.size - 7, nil),
            ]
            for range in ranges {
                let part = try await store.bytes(handle.key, ByteRange(offset: range.offset, length: range.length))
                let end = range.length.map { range.offset + $0 } ?? handle.size
                #expect(part == Array(bytes[Int(range.offset)..<Int(end)]), "\(range)")
            }
            for range in [(handle.size + 1, nil), (0, handle.size + 1), (-1, 1)] as [(Int64, Int64?)] {
                let error = try await store.error { _ in
                    _ = try await store.bytes(handle.key, ByteRange(offset: range.0, length: range.1))
                }
                #expect(error.code == .invalidTask)
            }
        },
        ConformanceCase("an archive that is not there is not found, permanently") { harness in
            let store = try await harness.open()
            let key = freshID().text + "/none.bin"
            #expect(try await store.stat(key) == nil)
            let error = try await store.error { _ in _ = try await store.bytes(key) }
            #expect(error.code == .notFound)
            #expect(error.retry == .permanent)
            let source = try await store.error { _ in
                _ = try await store.storage.source(.key(key)).open()
            }
            #expect(source.code == .notFound)
            #expect(source.place == .source)
        },
        ConformanceCase("a handle of another store is another disk, never not found") { harness in
            let store = try await harness.open()
            guard store.storage.storeID != nil else { return }
            var reference = ArchiveReference.key(freshID().text + "/none.bin")
            reference.storeID = "00000000000000000000000000000000"
            let forged = reference
            let error = try await store.error { _ in _ = try await store.storage.stat(forged) }
            #expect(error.code == .unavailable)
            #expect(error.place == .driver)
        },
        ConformanceCase("a handle that promises other bytes than stand there is refused") { harness in
            let store = try await harness.open()
            let request = StoreRequest(taskID: freshID(), name: "a.bin")
            var handle = try await store.store(request, GeneratedSource(size: 10)).handle
            handle.sha256 = GeneratedSource(size: 10, seed: 9).sha256
            let forged = ArchiveReference.handle(handle)
            let error = try await store.error { _ in
                try await store.storage.withArchive(forged) { (_, _) async throws(StorageError) in }
            }
            #expect(error.code == .integrityMismatch)
        },
        ConformanceCase("a reader that stops early gives its slot back") { harness in
            var settings = DriverSettings()
            settings.concurrency = 1
            let store = try await harness.open(settings)
            let request = StoreRequest(taskID: freshID(), name: "a.bin")
            let handle = try await store.store(request, GeneratedSource(size: 3 << 20)).handle
            for _ in 0..<3 {
                let count = try await store.delivered { _ in
                    try await store.storage.withArchive(.key(handle.key)) { (body, _) async throws(StorageError) in
                        try await body.next()?.count ?? 0
                    }
                }
                #expect(count > 0)
            }
        },
    ]
}
