import Storage
import StowageContract
import Testing

extension ConformanceCase {
    static let deletions: [ConformanceCase] = [
        ConformanceCase("a deleted archive is gone, and a second delete finds nothing") { harness in
            let store = try await harness.open()
            let request = StoreRequest(taskID: freshID(), name: "gone.bin")
            let handle = try await store.store(request, GeneratedSource(size: 10)).handle
            let deleter = freshID("d")
            var sawIt = false
            let first = try await store.delivered { again in
                (try await store.storage.delete(.handle(handle), taskID: deleter, reason: "test"), again)
            }
            sawIt = first.0 || first.1
            #expect(sawIt)
            #expect(
                try await store.delivered { _ in try await store.storage.delete(.key(handle.key), taskID: deleter) }
                    == false)
            try await nothingShows(store, request)
        },
        ConformanceCase("deleting what never was is no error") { harness in
            let store = try await harness.open()
            let deleted = try await store.delivered { _ in
                try await store.storage.delete(.key(freshID().text + "/none"), taskID: freshID("d"))
            }
            #expect(!deleted)
        },
        ConformanceCase("a late copy of the store of a deleted archive is a conflict, a repair is not") { harness in
            let store = try await harness.open()
            let request = StoreRequest(taskID: freshID(), name: "late.bin")
            let handle = try await store.store(request, GeneratedSource(size: 10)).handle
            _ = try await store.delivered { _ in try await store.storage.delete(.key(handle.key), taskID: freshID("d"))
            }
            for mayHaveRunBefore in [true, false] {
                let error = try await store.error { _ in
                    var late = request
                    late.mayHaveRunBefore = mayHaveRunBefore
                    _ = try await store.storage.store(late, from: GeneratedSource(size: 10))
                }
                #expect(error.code == .conflict)
                #expect(error.retry == .permanent)
            }
            try await nothingShows(store, request)
            let repair = StoreRequest(
                operation: .copy, taskID: freshID("c"), name: handle.name, size: handle.size, sha256: handle.sha256,
                key: ArchiveKey(trusted: handle.key))
            let repaired = try await store.store(repair, GeneratedSource(size: 10))
            #expect(repaired.handle.key == handle.key)
            #expect(try await store.bytes(handle.key) == GeneratedSource(size: 10).bytes)
        },
        ConformanceCase("a handle with another digest deletes nothing") { harness in
            let store = try await harness.open()
            let request = StoreRequest(taskID: freshID(), name: "kept.bin")
            let handle = try await store.store(request, GeneratedSource(size: 10)).handle
            var forged = ArchiveReference.handle(handle)
            forged.sha256 = GeneratedSource(size: 10, seed: 5).sha256
            let reference = forged
            let error = try await store.error { _ in
                _ = try await store.storage.delete(reference, taskID: freshID("d"))
            }
            #expect(error.code == .integrityMismatch)
            #expect(try await store.stat(handle.key) == handle)
        },
    ]
}
