import ServiceRuntime
import Storage
import StowageContract
import Testing

extension ConformanceCase {
    static let resumptions: [ConformanceCase] = [
        resumption("a store that broke off goes on behind what is safe, and takes no byte of that again") { harness in
            let store = try await harness.open()
            let request = StoreRequest(taskID: freshID(), name: "long.bin")
            let bytes = GeneratedSource(size: harness.longArchiveBytes).bytes
            try await interrupt(store, request, SeekableSource(bytes, .fails(after: Int64(bytes.count / 2))))
            try await nothingShows(store, request)
            let rest = SeekableSource(bytes)
            let receipt = try await store.store(again(request), rest)
            #expect(receipt.resumedBytes > 0 && receipt.resumedBytes < bytes.count)
            #expect(receipt.sourceBytes + receipt.resumedBytes == Int64(bytes.count))
            #expect(rest.taken == receipt.sourceBytes && rest.seeks == [receipt.resumedBytes])
            // A digest of the whole that the store computes of what it keeps proves as much.
            let tells = harness.capabilities.serverDigest == "sha256" && receipt.verified == .server
            #expect(receipt.verified == .reread || tells)
            #expect(try await store.bytes(request.keyText) == bytes)
        },
        resumption("a store that was cancelled goes on, too") { harness in
            let store = try await harness.open()
            let request = StoreRequest(taskID: freshID(), name: "cancelled.bin")
            let bytes = GeneratedSource(size: harness.longArchiveBytes).bytes
            let source = SeekableSource(bytes, .waits(after: Int64(bytes.count / 2)))
            let task = Task { try await store.storage.store(request, from: source) }
            await source.waiting()
            task.cancel()
            let error = await #expect(throws: StorageError.self) { try await task.value }
            #expect(error?.code == .cancelled)
            try await nothingShows(store, request)
            let receipt = try await store.store(again(request), SeekableSource(bytes))
            #expect(receipt.resumedBytes > 0)
            #expect(try await store.bytes(request.keyText) == bytes)
        },
        resumption("a store whose task was ended leaves nothing to go on with") { harness in
            let store = try await harness.open()
            var request = StoreRequest(taskID: freshID(), name: "ended.bin")
            let bytes = GeneratedSource(size: harness.longArchiveBytes).bytes
            request.slice = Slice(until: nil, time: .system, isForgone: { true })
            try await interrupt(store, request, SeekableSource(bytes, .fails(after: Int64(bytes.count / 2))))
            store.clock.turn(by: 2000)
            #expect(try await store.storage.sweep(olderThan: .seconds(1000)) == 0)
            let receipt = try await store.store(again(request), SeekableSource(bytes))
            #expect(receipt.resumedBytes == 0)
        },
        resumption("a store goes on only with the same source and the same request") { harness in
            let store = try await harness.open()
            let size = harness.longArchiveBytes
            let first = GeneratedSource(size: size, seed: 1).bytes
            let second = GeneratedSource(size: size, seed: 2).bytes
            for isOtherSource in [true, false] {
                var request = StoreRequest(taskID: freshID(), name: "changed.bin")
                try await interrupt(store, request, SeekableSource(first, .fails(after: size / 2)))
                if !isOtherSource { request.metadata["changed"] = "yes" }
                let source = SeekableSource(second, identity: isOtherSource ? "another source" : "the source")
                let receipt = try await store.store(again(request), source)
                #expect(receipt.resumedBytes == 0 && receipt.sourceBytes == size)
                #expect(try await store.bytes(request.keyText) == second)
            }
        },
        resumption("a checkpoint that is taken is left alone, or shared: both writers succeed") { harness in
            let store = try await harness.open()
            let request = StoreRequest(taskID: freshID(), name: "twice.bin")
            let bytes = GeneratedSource(size: harness.longArchiveBytes).bytes
            let slow = SeekableSource(bytes, .waits(after: Int64(bytes.count / 2)))
            let first = Task { try await store.storage.store(request, from: slow) }
            await slow.waiting()
            let second = try await store.store(again(request), SeekableSource(bytes))
            #expect(second.resumedBytes == 0 || harness.sharesCheckpoints)
            #expect(!second.alreadyPresent)
            slow.release()
            let late = try await first.value
            #expect(late.alreadyPresent)
            #expect(late.handle == second.handle)
            #expect(try await store.bytes(request.keyText) == bytes)
        },
        resumption("a source that is not what the task promised leaves no checkpoint") { harness in
            let store = try await harness.open()
            let bytes = GeneratedSource(size: harness.longArchiveBytes).bytes
            var request = StoreRequest(taskID: freshID(), name: "wrong.bin")
            request.sha256 = GeneratedSource(size: 10).sha256
            for _ in 1...2 {
                let source = SeekableSource(bytes)
                await #expect(throws: StorageError.self) { try await store.storage.store(request, from: source) }
                #expect(source.taken == Int64(bytes.count) && source.seeks.isEmpty)
            }
        },
        resumption("a checkpoint that nobody came back for is swept, and not before its time") { harness in
            let store = try await harness.open()
            let request = StoreRequest(taskID: freshID(), name: "left.bin")
            let bytes = GeneratedSource(size: harness.longArchiveBytes).bytes
            try await interrupt(store, request, SeekableSource(bytes, .fails(after: Int64(bytes.count / 2))))
            #expect(try await store.storage.sweep(olderThan: .seconds(1000)) == 0)
            store.clock.turn(by: 2000)
            #expect(try await store.storage.sweep(olderThan: .seconds(1000)) > 0)
            let receipt = try await store.store(again(request), SeekableSource(bytes))
            #expect(receipt.resumedBytes == 0)
        },
        ConformanceCase(
            "a store that breaks off again and again ends with the source's bytes",
            where: { $0.capabilities.resumableUpload }
        ) { harness in
            let store = try await harness.open()
            let request = StoreRequest(taskID: freshID(), name: "broken.bin")
            let bytes = GeneratedSource(size: harness.longArchiveBytes).bytes
            for part in [4, 5, 3] {
                try await interrupt(store, request, SeekableSource(bytes, .fails(after: Int64(bytes.count / part))))
            }
            let receipt = try await store.store(again(request), SeekableSource(bytes))
            #expect(receipt.sourceBytes + receipt.resumedBytes == Int64(bytes.count))
            #expect(try await store.bytes(request.keyText) == bytes)
        },
    ]

    /// A case with figures, which a driver that fails every third call cannot keep.
    private static func resumption(
        _ promise: String, _ body: @escaping @Sendable (DriverHarness) async throws -> Void
    ) -> ConformanceCase {
        ConformanceCase(promise, where: { $0.capabilities.resumableUpload && $0.stack != .faulty }, body)
    }

    /// A delivery that ends before its source does.
    private static func interrupt(
        _ store: StorageUnderTest, _ request: StoreRequest, _ source: SeekableSource
    ) async throws {
        let error = try await store.error { _ in _ = try await store.storage.store(again(request), from: source) }
        #expect(error.message == "the source broke off")
    }

    private static func again(_ request: StoreRequest) -> StoreRequest {
        var request = request
        request.mayHaveRunBefore = true
        return request
    }
}
