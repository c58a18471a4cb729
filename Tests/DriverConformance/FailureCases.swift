import Storage
import StowageContract
import Testing

extension ConformanceCase {
    static let failures: [ConformanceCase] = [
        interrupted(after: 10, "a short"), interrupted(after: 3 << 20, "a long"),
        ConformanceCase("a source that ends early is refused, and nothing shows") { harness in
            let store = try await harness.open()
            let request = StoreRequest(taskID: freshID(), name: "short.bin")
            let error = try await store.error { _ in
                let source = ScriptedSource { () throws(StorageError) in ScriptedBody([.bytes([1, 2, 3])], size: 10) }
                _ = try await store.storage.store(request, from: source)
            }
            #expect(error.code == .integrityMismatch)
            #expect(error.place == .source)
            try await nothingShows(store, request)
        },
        ConformanceCase("a source with another digest than promised is refused, and nothing shows") { harness in
            let store = try await harness.open()
            var request = StoreRequest(taskID: freshID(), name: "wrong.bin")
            request.sha256 = GeneratedSource(size: 1000, seed: 2).sha256
            try await refusesSource(store, request, GeneratedSource(size: 1000, seed: 1))
        },
        ConformanceCase("a source with another size than promised is refused, and nothing shows") { harness in
            let store = try await harness.open()
            for size: Int64 in [999, 1001] {
                let request = StoreRequest(taskID: freshID(), name: "wrong.bin", size: size)
                try await refusesSource(store, request, GeneratedSource(size: 1000))
            }
        },
        ConformanceCase("a cancelled write leaves nothing that shows, and the next one succeeds") { harness in
            let store = try await harness.open()
            for first in [100, 2 << 20] {
                let request = StoreRequest(taskID: freshID(), name: "cancelled.bin")
                let body = ScriptedBody([.bytes([UInt8](repeating: 7, count: first)), .hang])
                let task = Task {
                    try await store.delivered { again in
                        var request = request
                        request.mayHaveRunBefore = again
                        return try await store.storage.store(request, from: ScriptedSource { body })
                    }
                }
                await body.waitForSteps(2)
                task.cancel()
                let result = await task.result
                #expect(throws: StorageError.self) { try result.get() }
                #expect(body.closed == 1 || harness.stack == .faulty)
                try await nothingShows(store, request)
                let receipt = try await store.store(request, GeneratedSource(size: 100))
                #expect(!receipt.alreadyPresent || harness.stack == .faulty)
            }
        },
        ConformanceCase("a driver that takes no writes refuses them before any byte moves") { harness in
            var settings = DriverSettings()
            settings.readOnly = true
            let store = try await harness.open(settings)
            let body = ScriptedBody([.bytes([1])])
            let error = try await store.error { _ in
                let request = StoreRequest(taskID: freshID(), name: "a.bin")
                _ = try await store.storage.store(request, from: ScriptedSource { body })
            }
            #expect(error.code == .readOnly)
            #expect(body.begun == 0)
        },
        ConformanceCase(
            "a store that would leave too little room is refused before any byte moves",
            where: { $0.capabilities.capacity && !$0.capabilities.isVolatile }
        ) { harness in
            var settings = DriverSettings()
            settings.minimumFreeBytes = .max / 2
            let store = try await harness.open(settings)
            // Some stores tell what is used, and have no end that they know of.
            guard try await store.delivered({ _ in try await store.storage.capacity().freeBytes }) != nil else {
                return
            }
            let body = ScriptedBody([.bytes([1])], size: 1)
            let error = try await store.error { _ in
                let request = StoreRequest(taskID: freshID(), name: "a.bin", size: 1)
                _ = try await store.storage.store(request, from: ScriptedSource { body })
            }
            #expect(error.code == .outOfSpace)
            #expect(body.begun == 0)
        },
    ]

    private static func interrupted(after count: Int, _ length: String) -> ConformanceCase {
        ConformanceCase("a source that breaks off after \(length) way leaves nothing that shows") { harness in
            let store = try await harness.open()
            let request = StoreRequest(taskID: freshID(), name: "broken.bin")
            let failure = StorageError(.unavailable, .transient(after: nil), "the source broke off", at: .source)
            let error = try await store.error { _ in
                let source = ScriptedSource { () throws(StorageError) in
                    ScriptedBody([.bytes([UInt8](repeating: 1, count: count)), .failure(failure)])
                }
                _ = try await store.storage.store(request, from: source)
            }
            #expect(error.message == failure.message)
            #expect(error.place == .source)
            try await nothingShows(store, request)
        }
    }

    private static func refusesSource(
        _ store: StorageUnderTest, _ request: StoreRequest, _ source: GeneratedSource
    ) async throws {
        let error = try await store.error { _ in _ = try await store.storage.store(request, from: source) }
        #expect(error.code == .integrityMismatch)
        #expect(error.place == .source)
        #expect(error.retry == .permanent)
        try await nothingShows(store, request)
    }

    static func nothingShows(_ store: StorageUnderTest, _ request: StoreRequest) async throws {
        #expect(try await store.stat(request.keyText) == nil)
        if store.storage.capabilities.list { #expect(try await !store.keys().contains(request.keyText)) }
        let error = try await store.error { _ in
            try await store.storage.withArchive(.key(request.keyText)) { (_, _) async throws(StorageError) in }
        }
        #expect(error.code == .notFound)
    }
}
