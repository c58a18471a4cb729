import Storage
import StowageContract
import Testing

extension ConformanceCase {
    static let races: [ConformanceCase] = [
        ConformanceCase("of 32 writers of one key with different bytes exactly one wins, and only its bytes show") {
            harness in
            let store = try await harness.open()
            let request = StoreRequest(taskID: freshID(), name: "raced.bin")
            let outcomes = await withTaskGroup(of: Result<String, any Error>.self) { group in
                for writer in 1...32 {
                    group.addTask {
                        do {
                            let source = GeneratedSource(size: 40_000, seed: UInt64(writer))
                            return .success(try await store.store(request, source).handle.sha256)
                        } catch {
                            return .failure(error)
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let winners = outcomes.compactMap { try? $0.get() }
            #expect(winners.count == 1)
            for case .failure(let error) in outcomes {
                #expect((error as? StorageError)?.code == .conflict, "\(error)")
            }
            let handle = try #require(try await store.stat(request.keyText))
            #expect(handle.sha256 == winners.first)
            let winner = (1...32).map { GeneratedSource(size: 40_000, seed: UInt64($0)) }
                .first { $0.sha256 == handle.sha256 }
            #expect(try await store.bytes(request.keyText) == winner?.bytes)
        },
        ConformanceCase("16 deliveries of one task at once all succeed with one handle") { harness in
            let store = try await harness.open()
            let request = StoreRequest(taskID: freshID(), name: "twice.bin")
            let handles = try await withThrowingTaskGroup(of: ArchiveHandle.self) { group in
                for _ in 1...16 {
                    group.addTask { try await store.store(request, GeneratedSource(size: 400_000)).handle }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(handles.count == 16)
            #expect(handles.allSatisfy { $0 == handles.first })
        },
        ConformanceCase("64 stores at once all stand, each with its own bytes") { harness in
            let store = try await harness.open()
            let requests = (0..<64).map { StoreRequest(taskID: freshID("t\($0)"), name: "many.bin", path: "m") }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (index, request) in requests.enumerated() {
                    group.addTask {
                        try await store.store(request, GeneratedSource(size: 4096, seed: UInt64(index + 1)))
                    }
                }
                try await group.waitForAll()
            }
            for (index, request) in requests.enumerated() {
                #expect(
                    try await store.bytes(request.keyText)
                        == GeneratedSource(size: 4096, seed: UInt64(index + 1)).bytes)
            }
        },
        ConformanceCase("a driver with one slot can copy within itself") { harness in
            var settings = DriverSettings()
            settings.concurrency = 1
            let store = try await harness.open(settings)
            let request = StoreRequest(taskID: freshID(), name: "inner.bin")
            let handle = try await store.store(request, GeneratedSource(size: 10_000)).handle
            let copy = StoreRequest(operation: .copy, taskID: freshID("c"), name: "inner.bin", path: "copies")
            let copied = try await store.delivered { again in
                var copy = copy
                copy.mayHaveRunBefore = again
                return try await store.storage.store(copy, from: store.storage.source(.handle(handle)))
            }
            #expect(copied.handle.sha256 == handle.sha256)
        },
    ]
}
