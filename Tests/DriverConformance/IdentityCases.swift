import Storage
import StowageContract
import StrictCoding
import Testing

extension ConformanceCase {
    static let identities: [ConformanceCase] = [
        ConformanceCase("identical names of two tasks never meet") { harness in
            let store = try await harness.open()
            let one = StoreRequest(taskID: freshID(), name: "same.bin", path: "folder")
            let other = StoreRequest(taskID: freshID(), name: "same.bin", path: "folder")
            try await store.store(one, GeneratedSource(size: 100, seed: 1))
            try await store.store(other, GeneratedSource(size: 100, seed: 2))
            #expect(try await store.bytes(one.keyText) == GeneratedSource(size: 100, seed: 1).bytes)
            #expect(try await store.bytes(other.keyText) == GeneratedSource(size: 100, seed: 2).bytes)
        },
        ConformanceCase("the same task with the same bytes is already present, with the same handle") { harness in
            let store = try await harness.open()
            var request = StoreRequest(taskID: freshID(), name: "once.bin", metadata: ["a": "b"])
            let first = try await store.store(request, GeneratedSource(size: 5000))
            for mayHaveRunBefore in [true, false] {
                request.mayHaveRunBefore = mayHaveRunBefore
                let again = try await store.store(request, GeneratedSource(size: 5000))
                #expect(again.alreadyPresent)
                #expect(again.handle == first.handle)
                #expect(again.sourceBytes == 5000)
            }
        },
        ConformanceCase("the same task with other bytes is a conflict that names both digests") { harness in
            let store = try await harness.open()
            let request = StoreRequest(taskID: freshID(), name: "once.bin")
            let stored = GeneratedSource(size: 5000, seed: 1)
            let other = GeneratedSource(size: 5000, seed: 2)
            try await store.store(request, stored)
            for mayHaveRunBefore in [true, false] {
                let error = try await store.error { again in
                    var request = request
                    request.mayHaveRunBefore = mayHaveRunBefore || again
                    _ = try await store.storage.store(request, from: other)
                }
                #expect(error.code == .conflict)
                #expect(error.retry == .permanent)
                #expect(error.context["stored"] == stored.sha256)
                #expect(error.context["source"] == other.sha256)
            }
            #expect(try await store.bytes(request.keyText) == stored.bytes)
        },
        ConformanceCase("another request under one task id is a conflict that names the members") { harness in
            let store = try await harness.open()
            let request = StoreRequest(taskID: freshID(), name: "once.bin", metadata: ["a": "1"])
            try await store.store(request, GeneratedSource(size: 10))
            let error = try await store.error { _ in
                var other = request
                other.metadata = ["a": "2"]
                other.mediaType = "text/plain"
                other.mayHaveRunBefore = true
                _ = try await store.storage.store(other, from: GeneratedSource(size: 10))
            }
            #expect(error.code == .conflict)
            #expect(error.context["members"] == "mediaType, metadata")
            let lookup = try await store.error { _ in
                var other = request
                other.metadata = [:]
                _ = try await store.storage.lookup(other)
            }
            #expect(lookup.code == .conflict)
        },
        ConformanceCase("a redelivery whose source is gone succeeds from the manifest") { harness in
            let store = try await harness.open()
            var request = StoreRequest(taskID: freshID(), name: "once.bin")
            let first = try await store.store(request, GeneratedSource(size: 5000))
            request.mayHaveRunBefore = true
            let again = try await store.store(request, GoneSource())
            #expect(again.alreadyPresent)
            #expect(again.handle == first.handle)
            #expect(again.sourceBytes == 0)
        },
        ConformanceCase(
            "a task id that was used for another name is a conflict, and the first archive keeps its records"
        ) {
            harness in
            let store = try await harness.open()
            let request = StoreRequest(taskID: freshID(), name: "first.bin", path: "p", metadata: ["a": "1"])
            let first = try await store.store(request, GeneratedSource(size: 10))
            for mayHaveRunBefore in [true, false] {
                let error = try await store.error { again in
                    var other = request
                    other.name = "second.bin"
                    other.mayHaveRunBefore = mayHaveRunBefore || again
                    _ = try await store.storage.store(other, from: GeneratedSource(size: 20))
                }
                #expect(error.code == .conflict)
                #expect(error.retry == .permanent)
                #expect(error.context["members"] == "name")
            }
            let found = try await store.delivered { _ in try await store.storage.stat(.key(request.keyText)) }
            #expect(found == first.handle)
        },
        ConformanceCase("a lookup finds what the request made, and nothing before") { harness in
            let store = try await harness.open()
            let request = StoreRequest(taskID: freshID(), name: "once.bin")
            #expect(try await store.delivered { _ in try await store.storage.lookup(request)?.handle } == nil)
            let receipt = try await store.store(request, GeneratedSource(size: 50))
            let found = try await store.delivered { _ in try await store.storage.lookup(request)?.handle }
            #expect(found == receipt.handle)
        },
        ConformanceCase("a copy that keeps its key stands for the store it copies, and the other way round") {
            harness in
            let store = try await harness.open()
            let other = try await harness.open()
            let request = StoreRequest(taskID: freshID(), name: "once.bin", path: "p", metadata: ["a": "b"])
            let receipt = try await store.store(request, GeneratedSource(size: 3 << 20))
            let handle = receipt.handle
            let copy = StoreRequest(
                operation: .copy, taskID: freshID("c"), name: handle.name, path: "p", size: handle.size,
                sha256: handle.sha256, mediaType: handle.mediaType, metadata: handle.metadata,
                copiedFrom: ["key": .string(handle.key)], key: ArchiveKey(trusted: handle.key))
            let copied = try await other.delivered { again in
                var copy = copy
                copy.mayHaveRunBefore = again
                return try await other.storage.store(copy, from: store.storage.source(.handle(handle)))
            }
            #expect(copied.handle.key == handle.key)
            #expect(copied.handle.taskID == handle.taskID)
            #expect(copied.handle.sha256 == handle.sha256)
            var late = request
            late.mayHaveRunBefore = true
            #expect(try await other.store(late, GeneratedSource(size: 3 << 20)).alreadyPresent)
        },
    ]
}

/// A source that is not there any more.
struct GoneSource: ArchiveSource {
    func open() async throws(StorageError) -> any ArchiveBody {
        throw StorageError(.notFound, .permanent, "the source is gone", at: .source)
    }
}
